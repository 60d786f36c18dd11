"""Installs the repository root as the package `lottery_ticket`."""

import pathlib

import setuptools

# The package is the repository's root, without what only developers need.
PACKAGES = setuptools.find_packages(
    exclude=["tests", "tests.*", "benchmarks", "benchmarks.*"]
)

setuptools.setup(
    name="lottery_ticket",
    version="0.1.0",
    description="Lottery ticket research on TensorFlow 2 and Keras 3",
    long_description=pathlib.Path(__file__).with_name("README.md").read_text(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10",
    packages=[
        "lottery_ticket",
        *(f"lottery_ticket.{each}" for each in PACKAGES),
    ],
    package_dir={"lottery_ticket": "."},
    package_data={
        "lottery_ticket": [
            "analysis/look/*.mplstyle",
            "configs/*.yaml",
            "py.typed",
        ]
    },
    install_requires=[
        "absl-py>=2.1",
        "attrs>=24.1",
        "filelock>=3.16",
        "fire>=0.7",
        "fsspec>=2024.6",
        # tensorflow-datasets needs it and does not say so.
        "importlib_resources>=6.4",
        "keras>=3.10",
        "matplotlib>=3.9",
        "numpy>=2.0",
        "pandas>=2.2",
        "pillow>=10.3",
        "PyYAML>=6.0",
        "scikit-learn>=1.5",
        # tf.summary's format; TensorFlow 2.21 no longer brings it.
        "tensorboard>=2.19",
        "tensorflow>=2.20",
        "tensorflow-datasets>=4.9.7",
        "tqdm>=4.66",
    ],
    extras_require={
        "gpu": ["tensorflow[and-cuda]>=2.20"],
        "test": [
            "hypothesis>=6.100",
            "pytest>=8.2",
            "pytest-xdist>=3.6",
            "ruff>=0.6",
        ],
        # Another pyright finds other things: a newer one is a choice.
        "types": ["pandas-stubs>=2.2", "pyright[nodejs]==1.1.414"],
    },
    entry_points={
        "console_scripts": ["lottery-ticket = lottery_ticket.runners.main:main"]
    },
)
