"""The architectures: one family a file, one function a net.

TensorFlow reads these settings when it is first imported: no GPU, and plain kernels, whose sums do
not depend on the library that the machine happens to prefer.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
