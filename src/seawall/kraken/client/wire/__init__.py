"""From a URL to whole messages, and back: dialling, TLS, frames."""
