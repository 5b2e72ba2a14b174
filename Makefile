# Thin targets; what each does stands in README.md. They are for Debian 12 (root, or sudo) and
# need no network but the package registries.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
BUILD_PACKAGES := build-essential cmake clang libclang-dev pkg-config libasound2-dev libsonic-dev python3-pip
TEST_PACKAGES := mosquitto
SOTTO := target/release/sotto
DEMO := --once

.PHONY: help
help: ## list the targets
	@grep -E '^[a-z0-9-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: test
test: test-packages models ## set up, then run every test
	cargo test --release

.PHONY: demo
demo: models ## set up, then a spoken conversation with a simulated home (DEMO=--mic: with your own voice)
	$(SOTTO) demo $(DEMO)

.PHONY: build
build: packages toolchain ## set up, then build target/release/sotto
	cargo build --release

.PHONY: models
models: build ## set up and build, then fetch the upstream models and ONNX Runtime
	$(SOTTO) models pull --default

.PHONY: packages
packages:
	@$(call install,$(BUILD_PACKAGES))

.PHONY: test-packages
test-packages:
	@$(call install,$(TEST_PACKAGES))

# Installs only what is missing, so that a second run asks nobody for anything.
define install
missing=$$(for p in $(1); do dpkg-query -W -f='$${db:Status-Abbrev}\n' "$$p" 2>/dev/null | grep -q '^ii' || echo "$$p"; done); \
if [ -n "$$missing" ]; then \
  echo "installing with apt:" $$missing; \
  $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq $$missing >/dev/null \
    || { echo "could not install; try: apt-get install" $$missing >&2; exit 1; }; \
fi
endef

# Debian 12's own cargo is too old; its cargo-web is not.
.PHONY: toolchain
toolchain:
	@if ! cargo --version >/dev/null 2>&1; then \
	  echo "no cargo found: installing Debian's cargo-web and rustc-web"; \
	  $(SUDO) apt-get install -y -qq cargo-web rustc-web >/dev/null \
	    || { echo "could not install; try: apt-get install cargo-web rustc-web" >&2; exit 1; }; \
	fi
	@v=$$(cargo --version | sed -E 's/cargo 1\.([0-9]+).*/\1/'); \
	[ "$$v" -ge 95 ] || { echo "cargo 1.$$v is too old, 1.95 is needed: 'rustup update stable' or 'apt-get install cargo-web rustc-web'" >&2; exit 1; }

.PHONY: aarch64
aarch64: toolchain ## cross-build for 64-bit Arm boards into target-aarch64/sotto
	firmware/aarch64.sh

.PHONY: aarch64-check
aarch64-check: models aarch64 ## compare the cross-built binary with the native one, in an emulator
	firmware/aarch64-check.sh

.PHONY: wake
wake: ## train the shipped wake words anew
	models/wake/run.sh

.PHONY: train-stt
train-stt: ## tune the shipped speech-to-text weights anew (hours)
	models/stt/run.sh

.PHONY: lint
lint: ## format and clippy, as strict as we are
	cargo fmt --check
	cargo clippy --release --all-targets -- -D warnings
