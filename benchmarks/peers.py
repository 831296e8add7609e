"""The competitors of speed.py.

Everything heavy is imported where it is used: a competitor's start-up is measured,
and not all of them can be installed side by side.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, NamedTuple


class Training(NamedTuple):
    """What is trained on; only ours has a use for weights and unlabelled texts."""

    texts: list[str]
    labels: list[str]
    weights: list[float]
    unlabelled: list[tuple[str, str]]
    """Text and outlet."""


class Peer:
    """A competitor.

    Attributes
    ----------
    environment : str
        Key of `scratch.REQUIREMENTS`.
    most_texts : int or None
        Speed is measured on a spread sample of so many texts.
    """

    environment: ClassVar[str] = "current"
    most_texts: ClassVar[int | None] = None

    def train(self, training: Training) -> None:
        """Fit on the training texts."""
        raise NotImplementedError

    def save(self, folder: Path) -> None:
        """Write all that `load` needs."""
        raise NotImplementedError

    def load(self, folder: Path) -> None:
        """Read what `save` wrote."""
        raise NotImplementedError

    def predict(self, texts: list[str]) -> list[str]:
        """Label many texts in one call."""
        raise NotImplementedError

    def predict_one(self, text: str) -> str:
        """Label one text."""
        return self.predict([text])[0]


class Ours(Peer):
    """The recipe `section` of this library, fitted as `fanews train` fits its last model."""

    def train(self, training: Training) -> None:
        """Fit the recipe; nothing is held out, so there is nothing to calibrate on."""
        import numpy as np

        from fanews_classify.model._calibration import Calibration
        from fanews_classify.training.data import Document
        from fanews_classify.training.fit import fit_model
        from fanews_classify.training.judgement import Judgement
        from fanews_classify.training.recipe import load_recipe
        from fanews_classify.training.unlabelled import Unlabelled

        recipe = load_recipe("section")
        documents = [
            Document(text=text, label=label, source="", weight=weight, judged=False, key="")
            for text, label, weight in zip(
                training.texts, training.labels, training.weights, strict=True
            )
        ]
        unlabelled = Unlabelled.read(training.unlabelled, recipe.features[0])
        neutral = Judgement(Calibration(), np.zeros(0), evaluation=None)  # type: ignore[arg-type]
        self.model: Any = fit_model(recipe, recipe.learner, documents, neutral, {}, unlabelled)

    def save(self, folder: Path) -> None:
        """Save the model file."""
        import fanews_classify as fc

        fc.save(self.model, folder / "section.fanews")

    def load(self, folder: Path) -> None:
        """Load the model file."""
        import fanews_classify as fc

        self.model = fc.load(folder / "section.fanews")

    def predict(self, texts: list[str]) -> list[str]:
        """Label many texts in one call."""
        return list(self.model.predict(texts))

    def predict_one(self, text: str) -> str:
        """Label one text."""
        return str(self.model.predict(text))


class FastText(Peer):
    """FastText on the words as they stand between spaces.

    Its Python class is passed by, because its `predict` fails under numpy 2.
    """

    word_ngrams: ClassVar[int] = 1

    def train(self, training: Training) -> None:
        """Fit on a temporary file, which is all that fastText reads."""
        import tempfile

        import fasttext

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "train.txt"
            lines = zip(training.labels, training.texts, strict=True)
            path.write_text(
                "".join(f"__label__{label} {' '.join(text.split())}\n" for label, text in lines),
                encoding="utf-8",
            )
            # Of lr 0.1 and 0.5, epoch 5 and 25 this was the best pair, or within 0.01 of it
            # (macro-F1 on some outlets of the training texts, the others trained on).
            options = {"dim": 100, "lr": 0.5, "epoch": 25, "thread": 1, "seed": 0, "verbose": 0}
            made = fasttext.train_supervised(str(path), wordNgrams=self.word_ngrams, **options)
        self.model: Any = made.f

    def save(self, folder: Path) -> None:
        """Save fastText's own file."""
        self.model.saveModel(str(folder / "model.bin"))

    def load(self, folder: Path) -> None:
        """Load fastText's own file."""
        import fasttext

        self.model = fasttext.load_model(str(folder / "model.bin")).f

    def predict(self, texts: list[str]) -> list[str]:
        """Label many texts in one call; one is a line to fastText."""
        lines = [text.replace("\n", " ") + "\n" for text in texts]
        found, _ = self.model.multilinePredict(lines, 1, 0.0, "strict")
        return [labels[0].removeprefix("__label__") for labels in found]

    def predict_one(self, text: str) -> str:
        """Label one text."""
        found = self.model.predict(text.replace("\n", " ") + "\n", 1, 0.0, "strict")
        return str(found[0][1]).removeprefix("__label__")


class FastTextPairs(FastText):
    """FastText on words and pairs of words."""

    word_ngrams = 2


class ScikitLearn(Peer):
    """Words and pairs, TF-IDF, logistic regression: what is usually done."""

    def train(self, training: Training) -> None:
        """Fit the pipeline."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline

        self.model: Any = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2, **self.tokenizer()),
            # C: of 1, 10 and 30 the best on outlets of the training texts (half of them used).
            LogisticRegression(C=10.0, max_iter=1000),
        ).fit(training.texts, training.labels)

    def tokenizer(self) -> dict[str, Any]:
        """Return what the vectorizer does with a text; scikit-learn's own way."""
        return {}

    def save(self, folder: Path) -> None:
        """Pickle the pipeline."""
        import joblib

        joblib.dump(self.model, folder / "model.joblib")

    def load(self, folder: Path) -> None:
        """Unpickle the pipeline."""
        import joblib

        self.model = joblib.load(folder / "model.joblib")

    def predict(self, texts: list[str]) -> list[str]:
        """Label many texts in one call."""
        return list(self.model.predict(texts).tolist())


class Hazm(ScikitLearn):
    """The same on hazm's words: normalised and tokenized, as Persian projects do it."""

    environment = "hazm"
    most_texts = 300  # it is slow

    def tokenizer(self) -> dict[str, Any]:
        """Return hazm's normalizer and tokenizer."""
        from hazm import Normalizer, word_tokenize

        return {
            "preprocessor": Normalizer().normalize,
            "tokenizer": word_tokenize,
            "token_pattern": None,
        }

    def save(self, folder: Path) -> None:
        """Pickle the pipeline without hazm's part, which cannot be pickled."""
        self.model[0].set_params(preprocessor=None, tokenizer=None)
        super().save(folder)

    def load(self, folder: Path) -> None:
        """Unpickle the pipeline, put hazm's part back."""
        super().load(folder)
        self.model[0].set_params(**self.tokenizer())


class SpaCy(Peer):
    """A spaCy pipeline for Persian with a bag of words and pairs."""

    def train(self, training: Training) -> None:
        """Fit with spaCy's own optimizer and default rates."""
        import random

        import spacy
        from spacy.training import Example
        from spacy.util import fix_random_seed, minibatch

        fix_random_seed(0)
        nlp = spacy.blank("fa")
        model = {
            "@architectures": "spacy.TextCatBOW.v3",
            "exclusive_classes": True,
            "ngram_size": 2,
            "no_output_layer": False,
        }
        nlp.add_pipe("textcat", config={"model": model})
        labels = sorted(set(training.labels))
        examples = [
            Example.from_dict(nlp.make_doc(text), {"cats": {one: one == label for one in labels}})
            for text, label in zip(training.texts, training.labels, strict=True)
        ]
        optimizer = nlp.initialize(lambda: examples)
        order = random.Random(0)
        for _ in range(5):  # ten gained 0.004 of macro-F1 on outlets of the training texts
            order.shuffle(examples)
            for batch in minibatch(examples, 32):
                nlp.update(batch, sgd=optimizer)
        self.nlp = nlp

    def save(self, folder: Path) -> None:
        """Save the pipeline."""
        self.nlp.to_disk(folder)

    def load(self, folder: Path) -> None:
        """Load the pipeline."""
        import spacy

        self.nlp = spacy.load(folder)

    def predict(self, texts: list[str]) -> list[str]:
        """Label many texts in one call."""
        return [max(doc.cats, key=doc.cats.__getitem__) for doc in self.nlp.pipe(texts)]

    def predict_one(self, text: str) -> str:
        """Label one text."""
        cats = self.nlp(text).cats
        return str(max(cats, key=cats.__getitem__))


class StaticVectors(Peer):
    """The mean of static word vectors by model2vec, and a linear head.

    The vectors are of the training texts: nothing is downloaded.
    """

    def train(self, training: Training) -> None:
        """Factorise the TF-IDF matrix into word vectors; fit a head on their means."""
        import numpy as np
        from model2vec import StaticModel
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.preprocessing import normalize
        from tokenizers import Tokenizer
        from tokenizers.models import WordLevel
        from tokenizers.pre_tokenizers import Whitespace

        cut = Whitespace()
        vectorizer = TfidfVectorizer(
            tokenizer=lambda text: [word for word, _ in cut.pre_tokenize_str(text)],
            token_pattern=None,
            lowercase=False,
            sublinear_tf=True,
            min_df=2,
        )
        matrix = vectorizer.fit_transform(training.texts)
        svd = TruncatedSVD(min(256, *(side - 1 for side in matrix.shape)), random_state=0)
        # A word counts for as much as it is rare, as in model2vec's own distillation.
        words = normalize(svd.fit_transform(matrix.T)) * vectorizer.idf_[:, None]
        vectors = np.vstack([np.zeros((1, words.shape[1])), words]).astype(np.float32)
        names = ["[UNK]", *vectorizer.get_feature_names_out().tolist()]
        tokenizer = Tokenizer(WordLevel({w: i for i, w in enumerate(names)}, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = cut
        # Whole texts, as the others read them; the default reads 512 tokens.
        self.model = StaticModel(vectors, tokenizer, normalize=True, max_length=None)
        head = LogisticRegression(C=10.0, max_iter=1000)
        head.fit(self._encode(training.texts), training.labels)
        self.head = head.coef_.T.astype(np.float32), head.intercept_, head.classes_

    def _encode(self, texts: list[str]) -> Any:
        return self.model.encode(texts, use_multiprocessing=False)

    def save(self, folder: Path) -> None:
        """Save vectors and head; the head as arrays, so that loading needs no scikit-learn."""
        import numpy as np

        self.model.save_pretrained(folder)
        coef, intercept, classes = self.head
        np.savez(folder / "head.npz", coef=coef, intercept=intercept, classes=classes)

    def load(self, folder: Path) -> None:
        """Load vectors and head."""
        import numpy as np
        from model2vec import StaticModel

        self.model = StaticModel.from_pretrained(folder)
        with np.load(folder / "head.npz") as head:
            self.head = head["coef"], head["intercept"], head["classes"]

    def predict(self, texts: list[str]) -> list[str]:
        """Label many texts in one call."""
        coef, intercept, classes = self.head
        scores = self._encode(texts) @ coef + intercept
        return list(classes[scores.argmax(axis=1)].tolist())


PEERS: dict[str, type[Peer]] = {
    "ours": Ours,
    "fastText, words": FastText,
    "fastText, words + pairs": FastTextPairs,
    "scikit-learn": ScikitLearn,
    "hazm + scikit-learn": Hazm,
    "spaCy": SpaCy,
    "model2vec-style": StaticVectors,
}
