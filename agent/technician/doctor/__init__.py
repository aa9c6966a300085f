"""`linli doctor`: what works, what does not and what to do, as the service would find it."""
