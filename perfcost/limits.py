"""Published limits on what is read; each is named in the error of a model beyond it."""

MAX_FILE_BYTES = 2 * 2**30
MAX_OPS = 50_000
MAX_TENSORS = 400_000
MAX_SUBGRAPHS = 64
MAX_NESTING = 32
MAX_RANK = 8
