"""What a person sees: logs and terminal views."""
