"""Every endpoint of the REST API as a typed call, and histories walked page by page."""
