"""Settings -> models: which embedding, which index behind it, and who may speak on uncertain rows."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from jlac_mapper.config import Settings, SettingWord
from jlac_mapper.errors import ConfigurationError, MissingExtraError, ModelFileError
from jlac_mapper.llm.score_only_choice import ScoreOnlyChoice
from jlac_mapper.llm.unavailable_choice import UnavailableChoice
from jlac_mapper.mapping.dense_names import DenseNames
from jlac_mapper.ports import ChoiceModel, Embedder
from jlac_mapper.vectors import faiss_index
from jlac_mapper.vectors.faiss_index import FaissIndex
from jlac_mapper.vectors.numpy_index import NumpyIndex
from jlac_mapper.vectors.static_embedder import VECTORS_FILE, StaticEmbedder


def require(*modules: str, extra: str) -> None:
    """
    Make sure that optional packages are installed.

    Raises:
        MissingExtraError: One is not; the message names the extra.
    """
    for module in modules:
        if find_spec(module) is None:
            raise MissingExtraError(
                f"{module} is not installed; install it with: pip install 'jlac-mapper[{extra}]'"
            )


def embedder(settings: Settings) -> Embedder | None:
    """Return the shipped embedding, one of the site's own, or None for `off`."""
    if settings.embedder == SettingWord.OFF:
        return None
    if not settings.embedder:
        return StaticEmbedder.load()
    if (Path(settings.embedder) / VECTORS_FILE).is_file():  # what `train embedder` writes
        return StaticEmbedder.load(Path(settings.embedder))
    require("sentence_transformers", extra="embed")
    from jlac_mapper.vectors.sbert_embedder import SbertEmbedder

    return SbertEmbedder(Path(settings.embedder))


def index_name() -> str:
    """Return what searches the embedding: `faiss`, or `numpy` where it is not installed."""
    return "faiss" if faiss_index.available() else "numpy"


def dense_names(model: Embedder) -> Callable[[Sequence[str]], DenseNames]:
    """Put FAISS behind the embedding where it is installed, the exact numpy index elsewhere."""
    make_index = FaissIndex if faiss_index.available() else NumpyIndex

    def make(keys: Sequence[str]) -> DenseNames:
        return DenseNames(model, make_index, keys)

    return make


def may_be_copied(settings: Settings) -> bool:
    """Whether all that answers works in a copy of this process: nothing on a GPU, no engine or client."""
    own = settings.llm in ("", *SettingWord) and settings.embedder in ("", SettingWord.OFF)
    return own and not (faiss_index.available() and faiss_index.gpu_count())


def language_model(settings: Settings) -> ChoiceModel:
    """
    Return who may speak on uncertain rows, as `settings.llm` says.

    `off` or empty: nobody (JLAC10: see `jlac10_language_model`). `bundled`: the shipped model on ONNX
    Runtime. A URL: a vLLM server on the network. A folder: a local checkpoint on vLLM in this process. A
    model whose files are missing or damaged is there but never speaks: rows are decided without it, and say
    so.

    Raises:
        ConfigurationError: None of these.
        MissingExtraError: It needs packages that are not installed.
    """
    try:
        return _language_model(settings)
    except ModelFileError as error:
        logging.getLogger(__name__).warning("rows are decided without a language model: %s", error)
        return UnavailableChoice(f"unavailable:{settings.llm}", str(error))


def jlac10_language_model(settings: Settings, chosen: ChoiceModel) -> ChoiceModel:
    """
    Return who may speak on uncertain rows of JLAC10: the one chosen, or the shipped one where none was.

    There it was measured to gain; without ONNX Runtime nobody speaks.
    """
    if settings.llm or find_spec("onnxruntime") is None:
        return chosen
    return language_model(replace(settings, llm=SettingWord.BUNDLED))


def _language_model(settings: Settings) -> ChoiceModel:
    chosen = settings.llm
    if chosen in ("", SettingWord.OFF):
        return ScoreOnlyChoice()
    if chosen == SettingWord.BUNDLED:
        from jlac_mapper.llm.onnx_choice import OnnxChoice

        return OnnxChoice.load(deadline=settings.llm_deadline)
    if chosen.startswith(("http://", "https://")):
        require("httpx", extra="llm")
        from jlac_mapper.llm.openai_choice import OpenAiChoice

        return OpenAiChoice(
            chosen,
            model=settings.llm_model,
            token=settings.llm_token,
            ca_file=settings.llm_ca_file,
            deadline=settings.llm_deadline,
        )
    if Path(chosen).is_dir():
        from jlac_mapper.llm.vllm.choice import VllmChoice

        model = VllmChoice(Path(chosen), deadline=settings.llm_deadline)
        model.load()
        return model
    raise ConfigurationError(
        f"no language model {chosen!r}: give off, bundled, the URL of a vLLM server, or a checkpoint's folder"
    )
