"""The MQTT broker of an operator, from which some devices are heard."""
