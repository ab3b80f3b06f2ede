"""Labels that are measured: a network runs on a device, between runs of a reference network."""
