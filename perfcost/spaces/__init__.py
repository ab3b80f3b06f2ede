"""Where networks come from: a writer of .tflite files and a zoo of well-known nets."""
