# The package, and by itself the demo, whose figures end in /results/demo/report:
#   docker build -t lottery_ticket .
#   docker run --rm -v "$PWD/results:/results" lottery_ticket
# With NVIDIA's GPUs (untried; NVIDIA's container toolkit is needed):
#   docker build -t lottery_ticket:gpu --build-arg EXTRAS=[gpu] .
#   docker run --rm --gpus all -v "$PWD/results:/results" -v tickets:/cache \
#       lottery_ticket:gpu lottery-ticket train --output_dir=/results/once
FROM python:3.12-slim
ARG EXTRAS=
# What XLA and CUDA compile is kept where a volume can be.
ENV XDG_CACHE_HOME=/cache \
    CUDA_CACHE_PATH=/cache/cuda \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    PYTHONUNBUFFERED=1
RUN apt-get update \
    && apt-get install --yes --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/*
COPY . /src
# Make takes Python's own folder for the environment, which is installed.
RUN pip install --no-cache-dir "/src${EXTRAS}" && touch /usr/local/.installed
WORKDIR /src
VOLUME ["/results", "/cache"]
CMD ["make", "demo", "VENV=/usr/local", "DEMO=/results/demo"]
