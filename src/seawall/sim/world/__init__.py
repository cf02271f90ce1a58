"""A world of its own: hosts, network, disks and clocks inside this process, which go the same way each time."""
