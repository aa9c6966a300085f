"""What must survive a power cut: records in lanes, service states, reminders, commands seen."""
