"""A typed Relay program as a Graph of TFLite-level ops."""
