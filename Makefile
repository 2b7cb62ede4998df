# The front door. `make test` works on a fresh Debian 12 machine (root or sudo):
# it installs what is missing, builds and runs every test.

JOBS ?= $(shell nproc)
PRESET ?= release
BUILD := build/$(PRESET)
# Spellings and records with known truth; kept outside the project.
LINKAGE_DATA ?= ../shared/data/linkage

.DEFAULT_GOAL := help
.PHONY: help setup build test demo run bench bench-linkage lint format docs certs clean

help:  ## Show this list
	@echo "Passerelle. Usage: make <target>, with JOBS=<n> to bound the build."
	@echo
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | \
	  awk -F'|' '{printf "  %-13s %s\n", $$1, $$2}'

setup:  ## Install what building, running and testing need
	@tools/setup

build: setup  ## Build everything; binaries go to build/release/bin
	@cmake --preset $(PRESET) --log-level=NOTICE
	@cmake --build --preset $(PRESET) -j $(JOBS)

test: build  ## Build, then run every test
	ctest --preset $(PRESET) -j $(JOBS)

demo: build  ## Play the returns of 2022 between 13 missions, then stop
	demo/run-demo

run: build  ## As demo, then leave the server running
	demo/run-demo --keep

bench: build  ## Measure throughput and latency on this machine
	$(BUILD)/bin/passerelle-bench

bench-linkage: build  ## Measure the matching engine on the development data
	$(BUILD)/bin/passerelle-bench-linkage $(LINKAGE_DATA)

lint:  ## Check format, contract and compatibility
	@tools/setup
	tools/lint

format:  ## Rewrite C++ and protos as clang-format 14 wants them
	@tools/setup
	tools/lint --fix

docs: build  ## Make docs/reference from the protos again
	tools/generate-docs $(BUILD)/bin/protoc-gen-passerelle docs/reference

certs: setup  ## Make a private certificate authority in build/certs
	tools/make-certs build/certs

clean:  ## Delete what building made; keeps downloaded tools
	rm -rf build/dev build/release build/asan-ubsan build/fuzz build/certs
