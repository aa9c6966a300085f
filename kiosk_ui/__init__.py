"""The kiosk's page: its server, its layouts, its words."""
