"""Battery sensors in the field, heard through the operator's LoRaWAN network server."""
