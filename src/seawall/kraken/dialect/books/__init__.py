"""Books kept from frames, with the exchange's own checksum."""
