"""A sentence encoder that the user names: from a folder on this machine or an installed package, never downloaded.

None of the libraries that read such models is needed by this package: whoever wants an encoder installs the one it
was made for.
"""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError

if TYPE_CHECKING:
    import numpy as np

    Encode = Callable[[list[str]], np.ndarray]

BATCH = 64  # texts encoded at once
MOST_TOKENS = 256  # of a text; the rest is cut off, as the makers of small encoders recommend

# What libraries for such models ask before they would look for anything outside.
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}

KINDS = "a folder with a sentence-transformers model, a folder with an ONNX model, or an installed package"


def load_encoder(named: str | None, beside: Path) -> Encode | None:
    """What turns texts into points, as ``text: {encoder: …}`` in dataset.yaml names it.

    Parameters
    ----------
    named : str or None
        A folder, relative to `beside` or absolute; or an importable ``package`` or ``package:attribute``: a module,
        object or class with a method ``encode(texts)``, or a function of a list of texts. None: no encoder.
    beside : Path
        Folder of dataset.yaml.

    Returns
    -------
    callable or None
        From a list of n texts to an array of shape (n, dimensions).

    Raises
    ------
    ConfigurationError
        If there is no such folder or package, or the library that reads it is not installed; says what to do.
    """
    if named is None:
        return None
    folder = beside / Path(named).expanduser()
    os.environ.update(OFFLINE)
    if folder.is_dir():
        return _from_folder(folder, named)
    if "/" in named or "\\" in named or named.startswith("."):
        raise ConfigurationError(f"text, encoder: there is no folder {named!r} beside dataset.yaml: expected {KINDS}")
    return _from_package(named)


def _from_folder(folder: Path, named: str) -> Encode:
    if (folder / "modules.json").exists() or (folder / "config_sentence_transformers.json").exists():
        library = _needed("sentence_transformers", "sentence-transformers", named)
        model = library.SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        return lambda texts: model.encode(list(texts), batch_size=BATCH, show_progress_bar=False)
    onnx = sorted(folder.glob("*.onnx")) or sorted(folder.glob("onnx/*.onnx"))
    if not onnx:
        raise ConfigurationError(f"text, encoder: the folder {named!r} holds no model: expected {KINDS}")
    return _from_onnx(onnx[0], folder, named)


def _from_onnx(path: Path, folder: Path, named: str) -> Encode:
    """A model that reads texts itself (one input of strings), or one whose tokenizer.json lies beside it."""
    import numpy as np

    runtime = _needed("onnxruntime", "onnxruntime", named)
    options = runtime.SessionOptions()
    # One thread: sums of many threads come in any order, and the same texts shall give the same themes.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    with contextlib.suppress(ImportError):
        options.register_custom_ops_library(importlib.import_module("onnxruntime_extensions").get_library_path())
    try:
        session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        reason = str(error).splitlines()[0][:200]
        raise ConfigurationError(
            f"text, encoder: {path.name} in {named!r} cannot be loaded ({reason}); a model that reads texts itself "
            "needs: pip install onnxruntime-extensions"
        ) from None
    inputs = session.get_inputs()
    if len(inputs) == 1 and inputs[0].type == "tensor(string)":

        def encode(texts: Sequence[str]) -> np.ndarray:
            name = inputs[0].name
            parts = [
                session.run(None, {name: np.array(texts[i : i + BATCH], dtype=object)})[0]
                for i in range(0, len(texts), BATCH)
            ]
            return np.vstack(parts)

        return encode
    if not (folder / "tokenizer.json").exists():
        raise ConfigurationError(f"text, encoder: {named!r} lacks tokenizer.json, by which {path.name} reads texts")
    tokenizer = _needed("tokenizers", "tokenizers", named).Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(MOST_TOKENS)
    tokenizer.enable_padding()
    wanted = {known.name for known in inputs}

    def encode_tokens(texts: Sequence[str]) -> np.ndarray:
        parts = []
        for i in range(0, len(texts), BATCH):
            read = tokenizer.encode_batch(list(texts[i : i + BATCH]))
            mask = np.array([text.attention_mask for text in read], dtype=np.int64)
            given = {
                "input_ids": np.array([text.ids for text in read], dtype=np.int64),
                "attention_mask": mask,
                "token_type_ids": np.array([text.type_ids for text in read], dtype=np.int64),
            }
            out = session.run(None, {name: value for name, value in given.items() if name in wanted})[0]
            if out.ndim == 3:  # a point for each token: their mean, without the padding
                out = (out * mask[:, :, None]).sum(axis=1) / np.maximum(mask.sum(axis=1, keepdims=True), 1)
            parts.append(out)
        return np.vstack(parts)

    return encode_tokens


def _from_package(named: str) -> Encode:
    module, _, attribute = named.partition(":")
    try:
        found: Any = importlib.import_module(module)
    except (ImportError, ValueError, TypeError):
        raise ConfigurationError(
            f"text, encoder: {named!r} is neither a folder beside dataset.yaml nor an installed package: expected "
            f"{KINDS}; install the package or correct the name"
        ) from None
    if attribute:
        if not hasattr(found, attribute):
            raise ConfigurationError(f"text, encoder: the package {module!r} has no {attribute!r}")
        found = getattr(found, attribute)
    if isinstance(found, type):
        found = found()
    encode = getattr(found, "encode", found)
    if not callable(encode):
        raise ConfigurationError(
            f"text, encoder: {named!r} has no function encode(texts); name one as package:attribute"
        )
    return lambda texts: encode(list(texts))


def _needed(module: str, package: str, named: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ConfigurationError(
            f"text, encoder: {named!r} is read by {package}, which is not installed: pip install {package}, or leave "
            "the encoder out"
        ) from None
