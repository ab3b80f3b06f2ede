"""Memory of a run on a GPU behind LiteRT's delegate."""
