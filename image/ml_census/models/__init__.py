"""Load, check and publish models. Only this package loads pickles.

The compiled form of a model (compiled.npz) is a NumPy archive. A server predicts from
this archive without scikit-learn. The function `loading.load_model` loads a model in
one of two ways:

- `load_published` reads a compiled form that `publishing` has verified and that manifest.json lists. The server
  does not load the pickle.
- `load_in_sandbox` checks the pickle of any other model. A child process, the sandbox, calls `load_from_pickle`.

    server process                                            child process (`ml-census sandbox FOLDER`)
    --------------                                            ------------------------------------------
    loading.load_model
      |-- load_published     manifest.json lists compiled.npz, schema.json and the model
      |     compiled.npz, schema.json -> predictor
      |     self_test
      '-- load_in_sandbox    any other model
            read all files of the model into a snapshot
            sandbox.run_in_sandbox
              write snapshot and configuration to FOLDER
              start the child  ------------------------------> child.check_model
              wait, maximum 120 s                                load_from_pickle
                                                                   unpickle, compile, verify
                                                                   self_test
              read the SandboxResult  <-----------------------   write the SandboxResult to FOLDER
            compiled form -> predictor, or unpickle if the model has no compiled form
            self_test

If the child process crashes, hangs or exhausts the memory, the server keeps running and
raises an ArtifactError.
"""
