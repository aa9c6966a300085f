"""Events of other makers' terminals, signed: by a local webhook, or over MQTT."""
