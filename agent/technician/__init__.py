"""What a technician looks at: doctor, trouble page, zones."""
