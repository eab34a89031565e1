# Whether the compiler knows C++20, and its standard library what the binding uses of it. An older one would say so too, by
# hundreds of errors. backend/client_cache_backend/missing.py knows these two messages.
function(require_cxx20)
  set(compiler "${CMAKE_CXX_COMPILER} (${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION})")
  if(NOT cxx_std_20 IN_LIST CMAKE_CXX_COMPILE_FEATURES)
    message(FATAL_ERROR "The C++ compiler ${compiler} does not know C++20.")
  endif()
  if(NOT CLIENT_CACHE_HAS_CXX20_LIBRARY)
    message(STATUS "Looking for a library of C++20")
    set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY) # compiled, not linked
    try_compile(CLIENT_CACHE_HAS_CXX20_LIBRARY "${CMAKE_CURRENT_BINARY_DIR}/cxx20_library"
                SOURCES "${PROJECT_SOURCE_DIR}/cpp/cmake/cxx20_library.cpp" OUTPUT_VARIABLE output)
    if(NOT CLIENT_CACHE_HAS_CXX20_LIBRARY)
      message(FATAL_ERROR "The C++ compiler ${compiler} or its standard library is too old for this package's C++20.\n${output}")
    endif()
  endif()
endfunction()
