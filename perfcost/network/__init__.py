"""The learned part of a price: a graph neural network that corrects the laws.

After PerfSAGE (Chai et al., arXiv:2301.10999): GraphSAGE layers over the ops of a graph. Unlike
there, each op comes with its price by the laws of ``perfcost.physics``, and what is learned is a
bounded ratio to that price. Inference needs numpy alone; training lives in ``perfcost.training``.
"""
