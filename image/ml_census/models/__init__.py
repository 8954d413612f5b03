"""Load, check and publish models: everything that touches a pickle.

A server loads a model by `loading.load_model` in one of two ways. `load_published` reads the compiled form, which
`publishing` verified and manifest.json lists; no pickle is loaded. `load_in_sandbox` checks a bare pickle in a child
process before the server uses it. The child loads the pickle by `load_from_pickle`, in its own process:

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

A pickle that crashes, hangs or exhausts the memory ends the child, and the server reports an ArtifactError.
"""
