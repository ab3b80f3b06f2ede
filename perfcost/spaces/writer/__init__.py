"""A writer of .tflite files that needs only numpy and flatbuffers.

``builder.NetBuilder`` gathers records of tensors and ops, ``serialise.write`` makes them bytes.
"""
