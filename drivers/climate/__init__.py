"""Temperature and humidity, through files of the kernel."""
