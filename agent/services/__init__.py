"""What the kiosk does for people, one module each."""
