# Installs the core into an empty prefix, builds the example against that prefix alone, and runs it against local servers.
file(REMOVE_RECURSE ${WORK_DIR})
set(configure ${CMAKE_COMMAND} -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${CXX_COMPILER} -D CMAKE_CXX_FLAGS=${CXX_FLAGS})
set(run COMMAND_ERROR_IS_FATAL ANY COMMAND_ECHO STDOUT)

execute_process(COMMAND ${configure} -S ${SOURCE_DIR} -B ${WORK_DIR}/core ${run})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${WORK_DIR}/core --prefix ${WORK_DIR}/prefix ${run})
execute_process(COMMAND ${configure} -S ${SOURCE_DIR}/cpp/examples -B ${WORK_DIR}/example
                        -D CMAKE_PREFIX_PATH=${WORK_DIR}/prefix ${run})
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK_DIR}/example ${run})
execute_process(COMMAND ${PYTHON} ${SOURCE_DIR}/cpp/tests/installed_core.py ${WORK_DIR}/example/http_clients ${run})
