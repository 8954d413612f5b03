# One-liners over ci/, where the work is.
.PHONY: setup serve test fuzz e2e lint audit image chart

setup: ## make .venv with .venv/bin/ml-census
	ci/setup
serve: ## train the demo model if there is none, serve it on 127.0.0.1:5090 (PORT=)
	ci/serve
test: ## unit, chart, system and fuzz tests
	ci/test
fuzz: ## fuzz tests with ten times the budget (FUZZ=)
	ci/fuzz
lint: ## ruff, mypy, yamllint, shellcheck
	ci/lint
audit: ## kube-score and checkov over the chart
	ci/audit
image: ## build the image
	ci/image
chart: ## lint and package the chart
	ci/chart
e2e: ## tests on the cluster of KUBECONFIG, with the images IMAGE=, COMPILED_IMAGE=
	ci/e2e
