"""Blood pressure meters and thermometers over Bluetooth."""
