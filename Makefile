# Portcullis. `make help` lists the targets; each does its own set-up and can be repeated.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

ENCLAVE ?= corpus/aerospace
ENCLAVES := corpus/aerospace corpus/clinic
RELEASE := swift build -c release --scratch-path .build-release
PORTCULLIS := .build-release/release/portcullis
RESULTS := Benchmarks/results
PLOT := python3 Benchmarks/peers/plot_peers.py
SOURCES := Package.swift Sources Tests Benchmarks

.PHONY: help setup build demo serve test lint format model corpora bench bench-peers clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

setup:
	@.ci/setup swift packages

build: setup ## Build the program (release)
	@echo "==> building portcullis (the first build takes about ten minutes)"
	@$(RELEASE) --product portcullis

model: ## Fetch the embedding model
	@.ci/setup packages model

demo: build model ## Ingest the sample enclaves, ask as four people, change one attribute, verify
	@.ci/demo $(PORTCULLIS) $(ENCLAVES)

serve: build model ## Ingest the sample enclave and serve it on loopback
	@$(PORTCULLIS) ingest $(ENCLAVE) || [ $$? -eq 3 ]
	@$(PORTCULLIS) serve $(ENCLAVE)

test: setup model ## Run all tests
	@.ci/setup packages cedarpy arm
	@echo "==> running the kernels for 64-bit Arm"
	@.ci/arm
	@echo "==> building and running the tests"
	@.ci/test

lint: ## Check layout and shell scripts
	@.ci/setup swift
	@echo "==> checking layout"
	@swift format lint --strict --recursive --parallel $(SOURCES)
	@bash -n .ci/run .ci/setup .ci/demo .ci/test .ci/arm
	@python3 -c "import ast, sys; [ast.parse(open(file).read()) for file in sys.argv[1:]]" \
		.ci/corpora Benchmarks/peers/time_peers.py Benchmarks/peers/time_cedarpy.py Benchmarks/peers/time_onnxruntime.py \
		Benchmarks/peers/make_dataset.py Benchmarks/peers/plot_peers.py Benchmarks/peers/engines/*.py \
		Tests/CedarFuzzing/cedar_peer.py

format: ## Lay out the sources
	@swift format --in-place --recursive --parallel $(SOURCES)

corpora: build model ## Fetch public documents and build an enclave of several thousand passages from them
	@.ci/corpora $(PORTCULLIS)

bench: setup model ## Measure, and write Benchmarks/RESULTS.md
	@.ci/setup peers onnxruntime dataset million cedarpy
	@echo "==> building the benchmarks"
	@PORTCULLIS_BENCHMARKS=1 $(RELEASE) --product Benchmarks
	@PORTCULLIS_BENCHMARKS=1 .build-release/release/Benchmarks --write Benchmarks/RESULTS.md --json $(RESULTS)/all.json
	@$(PLOT) $(RESULTS)/all.json $(RESULTS)/peers-100000.svg 100000
	@$(PLOT) $(RESULTS)/all.json $(RESULTS)/peers-1000000.svg 1000000

bench-peers: setup model ## Measure the scan beside its peers alone
	@.ci/setup peers dataset million
	@echo "==> building the benchmarks"
	@PORTCULLIS_BENCHMARKS=1 $(RELEASE) --product Benchmarks
	@PORTCULLIS_BENCHMARKS=1 .build-release/release/Benchmarks --only peers --only million --json $(RESULTS)/peers.json
	@$(PLOT) $(RESULTS)/peers.json $(RESULTS)/peers-100000.svg 100000
	@$(PLOT) $(RESULTS)/peers.json $(RESULTS)/peers-1000000.svg 1000000

clean: ## Remove what was built, the indexes and everything fetched
	@rm -rf .build .build-release .cache
	@find indexes -mindepth 1 ! -name README.md -delete
