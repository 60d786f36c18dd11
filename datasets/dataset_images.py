"""DatasetImages: what all image classification datasets have in common."""

import abc
import io
import socket
import urllib.request

import numpy as np

from lottery_ticket.foundations import dataset_base, files, names

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
NORMALIZATIONS = ("scale", "l2", "none")
TFDS_BATCH_SIZE = 1000


class DatasetImages(dataset_base.DatasetBase, abc.ABC):
    """Images and labels, split, normalised and shaped; subclasses load them.

    Attributes:
        VALIDATION_SIZE: Training images held out for validation by default.
        MAX_VALUE: Largest value a pixel can have.
        NUM_CLASSES: Labels are below this.
    """

    VALIDATION_SIZE = 5000
    MAX_VALUE = 255
    NUM_CLASSES = 10

    def __init__(
        self,
        data_dir: str | None = None,
        train_batch_size: int = 60,
        *,
        validation_size: int | None = None,
        flatten: bool = True,
        normalization: str = "scale",
        permute_labels: bool = False,
        split_seed: int = 0,
        labels_seed: int = 0,
        train_order_seed: int | None = None,
        drop_partial_batch: bool = False,
    ):
        """Loads the images and makes the splits.

        Args:
            data_dir: Folder with NAME.npz in Keras's layout (x_train, y_train,
                x_test, y_test), or None for the dataset's own source.
            train_batch_size: Images in one training batch.
            validation_size: Images that leave the training set for validation,
                drawn at random; None takes the dataset's usual number.
            flatten: Whether an image becomes a vector.
            normalization: "scale" to [0, 1]; "l2", each image divided by its
                Euclidean norm, as the 2018 code does; or "none".
            permute_labels: Whether to rename the classes at random.
            split_seed: Seed of the validation split.
            labels_seed: Seed of the renaming.
            train_order_seed: Seed of the training order; None counts as 0.
            drop_partial_batch: As for DatasetBase.

        Raises:
            ValueError: If the normalisation is unknown, the validation set
                leaves nothing to train on, or a file is not as expected.
            FileNotFoundError: If the images cannot be had.
        """
        names.check("normalization", normalization, NORMALIZATIONS)
        x_train, y_train, x_test, y_test = self.load(data_dir)
        for y in (y_train, y_test):
            if y.min() < 0 or y.max() >= self.NUM_CLASSES:
                raise ValueError(
                    f"Labels must be in [0, {self.NUM_CLASSES}). Received: "
                    f"labels from {y.min()} to {y.max()}"
                )
        if permute_labels:
            y_train, y_test = _permute((y_train, y_test), labels_seed)
        if validation_size is None:
            validation_size = self.VALIDATION_SIZE
        kept, held_out = _split(len(x_train), validation_size, split_seed)

        def prepare(x, y):
            x = _normalize(x, normalization, self.MAX_VALUE)
            return (x.reshape(len(x), -1) if flatten else x), y

        super().__init__(
            prepare(x_train[kept], y_train[kept]),
            train_batch_size,
            prepare(x_test, y_test),
            validate=prepare(x_train[held_out], y_train[held_out])
            if validation_size
            else None,
            train_order_seed=train_order_seed,
            drop_partial_batch=drop_partial_batch,
        )

    @staticmethod
    @abc.abstractmethod
    def load(data_dir: str | None) -> Arrays:
        """Returns (x_train, y_train, x_test, y_test), as distributed.

        Args:
            data_dir: As for `__init__`.

        Raises:
            FileNotFoundError: If the images cannot be had.
            ValueError: If a file is damaged or holds something else.
        """


def load_named(name: str, data_dir: str | None) -> Arrays:
    """Returns a dataset from data_dir/NAME.npz, else tensorflow-datasets.

    Args:
        name: Name of the dataset in tensorflow-datasets.
        data_dir: Folder with NAME.npz, or None.

    Returns:
        Tuple (x_train, y_train, x_test, y_test): images uint8, shape (n,
        height, width, channels); labels int64, shape (n,).

    Raises:
        FileNotFoundError: If neither has it; the error says both.
        ValueError: If the file is damaged or has another layout.
    """
    path = files.join(data_dir, f"{name}.npz") if data_dir else None
    if path and files.exists(path):
        return read_npz(path)
    try:
        return _load_tfds(name)
    except Exception as error:  # Whatever a download can fail with.
        looked = f"no file at {path}" if path else "no --data_dir is given"
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise FileNotFoundError(
            f"Dataset {name!r} is neither on disk ({looked}) nor to be had "
            f"from tensorflow-datasets ({reason[:200]}). Put {name}.npz, in "
            "Keras's layout (x_train, y_train, x_test, y_test), in a folder "
            "and pass it as --data_dir, or run download_data with internet."
        ) from error


def read_npz(path: str) -> Arrays:
    """Returns the arrays of a file in Keras's layout; never unpickles.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is damaged or has another layout.
    """
    keys = ("x_train", "y_train", "x_test", "y_test")
    data = io.BytesIO(files.read(path))
    try:
        with np.load(data, allow_pickle=False) as npz:
            arrays = {key: npz[key] for key in keys if key in npz}
    except Exception as error:  # Damaged bytes can raise nearly anything.
        raise ValueError(
            f"{path} is no dataset file: it is damaged, or no .npz of plain "
            "numbers"
        ) from error
    missing = [key for key in keys if key not in arrays]
    if missing:
        raise ValueError(
            f"{path} is no dataset file: it has no {', '.join(missing)}"
        )
    x_train, y_train, x_test, y_test = (arrays[key] for key in keys)
    for x, y in ((x_train, y_train), (x_test, y_test)):
        are_numbers = x.dtype.kind in "biuf" and y.dtype.kind in "biu"
        are_images = x.ndim in (3, 4) and len(x) == y.size and len(x)
        if not are_numbers or not are_images:
            raise ValueError(
                f"{path} is no dataset file: images must be numbers of shape "
                "(n, height, width) or (n, height, width, channels), with an "
                f"integer label each. Received: images {x.dtype} {x.shape}, "
                f"labels {y.dtype} {y.shape}"
            )
    return (
        _with_channels(x_train),
        y_train.reshape(-1),
        _with_channels(x_test),
        y_test.reshape(-1),
    )


def _load_tfds(name):
    import tensorflow_datasets as tfds  # Slow, and seldom needed.

    builder = tfds.builder(name)
    # Without internet, the download would retry for minutes before it fails.
    if not builder.is_prepared() and not _is_online():
        raise FileNotFoundError("there is no internet connection")
    builder.download_and_prepare()
    arrays = []
    for split in ("train", "test"):
        batches = builder.as_dataset(
            split=split, batch_size=TFDS_BATCH_SIZE, as_supervised=True
        )
        pairs = zip(*tfds.as_numpy(batches), strict=True)
        arrays += [np.concatenate(batches) for batches in pairs]
    return tuple(arrays)


def _is_online():
    """Whether names of the internet can be looked up, or a proxy is set."""
    if urllib.request.getproxies():
        return True
    try:
        return bool(socket.getaddrinfo("storage.googleapis.com", 443))
    except OSError:
        return False


def _with_channels(x):
    return x[..., np.newaxis] if x.ndim == 3 else x


def _permute(labels, seed):
    classes = 1 + max(int(y.max()) for y in labels)
    renamed = np.random.default_rng(seed).permutation(classes)
    return [renamed[y] for y in labels]


def _split(size, validation_size, seed):
    if not 0 <= validation_size < size:
        raise ValueError(
            f"validation_size must be in [0, {size}), as {size} images are to "
            f"train on. Received: {validation_size}"
        )
    order = np.random.default_rng(seed).permutation(size)
    return np.sort(order[validation_size:]), np.sort(order[:validation_size])


def _normalize(x, normalization, max_value):
    x = x.astype(np.float32)
    if normalization == "scale":
        return x / max_value
    if normalization == "l2":
        flat = x.reshape(len(x), -1)
        norms = np.maximum(np.linalg.norm(flat, axis=1), np.finfo("f4").tiny)
        return (flat / norms[:, np.newaxis]).reshape(x.shape)
    return x
