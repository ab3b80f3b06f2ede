"""Finds the reader for whatever a model came as.

A path, bytes, Relay text, a framework's own object, or a ``Graph`` already.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perfcost.errors import ModelTooLarge, NotAModel, Unsupported
from perfcost.graph import Graph, validate
from perfcost.limits import MAX_FILE_BYTES
from perfcost.text import shown

IDENTIFIER = b"TFL3"
RELAY = "#[version"
"""What Relay text begins with."""

RELAY_SUFFIX = ".relay"
_CONVERT = "convert it with tf.lite.TFLiteConverter and give the .tflite file"
# What people have at hand instead of a .tflite file: first bytes, and what they are.
_FOREIGN = (
    (b"PK\x03\x04", "a zip archive (a .pt, .pth or .keras file is one), which is never opened"),
    (b"\x80\x02", "a Python pickle, which is never opened"),
    (b"\x80\x03", "a Python pickle, which is never opened"),
    (b"\x80\x04", "a Python pickle, which is never opened"),
    (b"\x80\x05", "a Python pickle, which is never opened"),
    (b"\x89HDF", "an HDF5 file (Keras)"),
    (b"\x1f\x8b", "a gzip file"),
    (b"GGUF", "a GGUF file"),
)


def load(
    model: object,
    *,
    signature: str | None = None,
    input_shapes: Mapping[str, tuple[int, ...]] | None = None,
    params: object | None = None,
    example_inputs: object | None = None,
) -> Graph:
    """Reads a model into a ``Graph``.

    Args:
        model: the path of a .tflite or .relay file, the bytes of a .tflite file, Relay text
            (``#[version = ...``), a live Relay or Relax module, a model of Keras, a module of
            PyTorch, or a ``Graph``, which is checked and returned.
        signature: the entry point; the first of the file by default.
        input_shapes: shapes by tensor name, for inputs whose shape the file leaves open.
        params: contents of a Relay module's parameters by name, as importers give them beside
            the module.
        example_inputs: of a module of PyTorch: a tensor, or a tuple of them.

    Raises:
        NotAModel: no such file, a directory, another format.
        Unsupported: a kind of model, or an argument, that this release does not handle.
        ModelError: what else is wrong with the file; see ``perfcost.errors``.
    """
    found = _of_framework(model, example_inputs)
    if found is not None:
        _refuse_params(params)
        return _given(found, signature, input_shapes)
    if example_inputs is not None:
        raise Unsupported(
            f"example_inputs= is for modules of PyTorch, and a {type(model).__qualname__} came; "
            "leave it out"
        )
    relay = _relay_of(model)
    if relay is not None:
        return _read_relay(*relay, signature, input_shapes, params)
    _refuse_params(params)
    if isinstance(model, Graph):
        return _given(model, signature, input_shapes)
    if isinstance(model, (bytes, bytearray, memoryview)):
        return _read(bytes(model), "model", signature, input_shapes)
    if isinstance(model, (str, os.PathLike)):
        path = Path(model)
        return _read(file_bytes(path), path.name, signature, input_shapes)
    raise Unsupported(
        f"came a {type(model).__module__}.{type(model).__qualname__}, expected the path of a "
        f".tflite file, its bytes, Relay text, a Relay or Relax module, a model of Keras, a module "
        f"of PyTorch or a Graph of perfcost; {_CONVERT}"
    )


def _refuse_params(params: object | None) -> None:
    if params is not None:
        raise Unsupported(
            "params= is for Relay modules, which come without weights, and this model is none; "
            "leave it out"
        )


def _of_framework(model: object, example_inputs: object) -> Graph | None:
    """A graph of a framework's own object; none where it is no such object."""
    if isinstance(model, (str, os.PathLike, bytes, bytearray, memoryview, Graph)):
        return None
    # Imported here: none of this is needed for files.
    from perfcost.frontends import keras, pytorch, relax

    if relax.is_relax_module(model):
        return relax.read_relax(model)
    if pytorch.is_torch_module(model):
        return pytorch.read_torch(model, example_inputs, name=type(model).__name__)
    if keras.is_keras_model(model):
        return keras.read_keras(model, name=str(getattr(model, "name", "model")))
    return None


def _relay_of(model: object) -> tuple[str, str] | None:
    """(text, name) of a model that is Relay; ``None`` for any other."""
    if isinstance(model, (str, os.PathLike)):
        if isinstance(model, str) and model.lstrip().startswith(RELAY):
            return model, "model"
        path = Path(model)
        return (_text_of(path), path.name) if path.suffix == RELAY_SUFFIX else None
    if isinstance(model, (bytes, bytearray, memoryview)):
        data = bytes(model)
        return (_decoded(data, "the text"), "model") if data.startswith(RELAY.encode()) else None
    # Imported here: those who never touch Relay need no parser.
    from perfcost.frontends.relay import is_relay_module, text_of_module

    if not isinstance(model, Graph) and is_relay_module(model):
        return text_of_module(model), "model"
    return None


def _read_relay(
    text: str,
    name: str,
    signature: str | None,
    input_shapes: Mapping[str, tuple[int, ...]] | None,
    params: object | None,
) -> Graph:
    from perfcost.frontends.relay import read_relay

    if signature is not None:
        raise Unsupported(
            "signature= is for .tflite files; a Relay module has one entry, @main: leave it out"
        )
    if params is not None and not isinstance(params, Mapping):
        raise Unsupported(
            f"params= is a {type(params).__name__}, expected a mapping of names to arrays, as "
            "relay.frontend.from_tflite gives it"
        )
    return read_relay(text, name=name, params=params, input_shapes=input_shapes)


def _text_of(path: Path) -> str:
    return _decoded(file_bytes(path), shown(path, 200))


def _decoded(data: bytes, what: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotAModel(
            f"{what} is no UTF-8, expected Relay text as mod.astext() gives it", offset=error.start
        ) from None


def _given(graph: Graph, signature: str | None, input_shapes: Mapping[str, Any] | None) -> Graph:
    own = {s.key for s in graph.signatures if s.subgraph == graph.index}
    if input_shapes or (signature is not None and signature not in own):
        raise Unsupported(
            "signature= and input_shapes= choose what is read from a file, and this model is a "
            "Graph already; give them to load()"
        )
    graph.kept("_valid", lambda given: validate(given) is given)
    return graph


def _read(
    data: bytes,
    name: str,
    signature: str | None,
    input_shapes: Mapping[str, tuple[int, ...]] | None,
) -> Graph:
    # Imported here: the reader's schema is not needed by those who build a Graph themselves.
    from perfcost.frontends.tflite import read_tflite

    if data[4:8] != IDENTIFIER:
        _refuse_foreign(data)
    return read_tflite(data, name=name, signature=signature, input_shapes=input_shapes)


def _refuse_foreign(data: bytes) -> None:
    """NotAModel if the bytes are of a format that is known and is not .tflite."""
    for magic, words in _FOREIGN:
        if data.startswith(magic):
            raise NotAModel(f"came {words}, expected a .tflite file; {_CONVERT}", offset=0)
    if data[257:262] == b"ustar":
        raise NotAModel("came a tar archive, expected a .tflite file; unpack it first", offset=257)


def file_bytes(path: Path) -> bytes:
    """The bytes of a regular file within the size limit; NotAModel or ModelTooLarge if not."""
    where = shown(path, 200)
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise NotAModel(
                f"{where} is a directory, expected a .tflite file; "
                f"if it is a SavedModel, {_CONVERT}"
            )
        if not stat.S_ISREG(status.st_mode):
            # A pipe or a device may have no end.
            raise NotAModel(f"{where} is no regular file, expected a .tflite file; copy it to one")
        if status.st_size > MAX_FILE_BYTES:
            raise ModelTooLarge(
                f"{where} has {status.st_size} bytes, above the limit of {MAX_FILE_BYTES}"
            )
        return path.read_bytes()
    except FileNotFoundError:
        words = f"{where} does not exist, expected a .tflite file; check the path"
        raise NotAModel(words) from None
    except OSError as error:
        words = error.strerror or type(error).__name__
        raise NotAModel(f"{where} cannot be read ({words}); check its permissions") from error
    except ValueError as error:
        if isinstance(error, (NotAModel, ModelTooLarge)):
            raise
        raise NotAModel(f"{where} is no path ({error}); check it") from error
