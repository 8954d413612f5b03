# One-liners over ci/, where the work is.
.PHONY: setup setup-tests serve check test fuzz smoke e2e lint audit image chart

setup: ## make .venv with .venv/bin/ml-census, to serve, publish and train
	ci/setup
setup-tests: ## add the packages and tools of the tests: pytest, Helm, Chromium, clients, CRDs
	ci/setup-tests
serve: ## train the demo model if there is none, serve it on 127.0.0.1:5090 (PORT=)
	ci/serve
check: ## lint, types and quick unit tests, in about a minute and a half
	ci/check
test: ## unit, chart, system and fuzz tests, in about twelve minutes
	ci/test
fuzz: ## fuzz tests with ten times the budget (FUZZ=)
	ci/fuzz
lint: ## ruff, mypy, yamllint, shellcheck
	ci/lint
audit: ## kube-score and checkov over the chart
	ci/audit
image: ## build the image
	ci/build-image
chart: ## lint and package the chart
	ci/package-chart
smoke: ## the quick part of e2e, within 15 minutes
	ci/e2e -m "not full"
e2e: ## all tests on the cluster of KUBECONFIG, with the images IMAGE=, COMPILED_IMAGE=, BATCH_IMAGE=
	ci/e2e
