"""Trains the network and measures it; needs the extra ``train``."""
