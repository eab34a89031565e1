# What macOS has, on Linux: clang and its own C++ library.
find_program(CMAKE_C_COMPILER NAMES clang-19 clang REQUIRED)
find_program(CMAKE_CXX_COMPILER NAMES clang++-19 clang++ REQUIRED)
set(CMAKE_CXX_FLAGS_INIT -stdlib=libc++)
