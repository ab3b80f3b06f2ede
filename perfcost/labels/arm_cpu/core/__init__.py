"""How many cycles the Cortex-A55 takes for a piece of straight code, without cache misses.

An in-order core that issues up to two instructions a cycle. llvm-mca is not used for that: its
in-order stage completes instructions in program order, which makes dot products 2 to 4 times too
slow. All figures come from public sources and none was fitted to a network:

- latencies of vector instructions: LLVM's scheduling table of the Cortex-A55, which carries Arm's
  Software Optimization Guide;
- latencies and units of the others, which instructions pair, and forwarding between
  multiply-accumulates: the Cortex-A55 model of SLOTHY (Abdulrahman et al.), from the same guide;
- loads beside vector instructions: notes of ncnn and onnxruntime on their kernels for this core.
"""

VERSION = "1"
"""Changes with any figure here: labels say which they were made with."""
