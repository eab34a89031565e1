# musl, x86-64, linked statically: by zig's clang (`pip install ziglang`), which brings musl and libc++. Runs on any Linux.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER python-zig cc -target x86_64-linux-musl)
set(CMAKE_CXX_COMPILER python-zig c++ -target x86_64-linux-musl)
set(CMAKE_CROSSCOMPILING FALSE)
set(CMAKE_FIND_ROOT_PATH ${CMAKE_PREFIX_PATH}) # not the libraries of glibc's Linux
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
# Debian 12's simdjson asks for AVX-512 in a way that this clang refuses; the other kernels are there.
set(CMAKE_CXX_FLAGS_INIT -DSIMDJSON_IMPLEMENTATION_ICELAKE=0)
