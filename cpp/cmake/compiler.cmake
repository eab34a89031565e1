# What differs between compilers and linkers: warnings, and what an extension module shows of itself.

# The warnings of this project's own code, for every target that links this one.
add_library(client_cache_warnings INTERFACE)
if(MSVC)
  target_compile_options(client_cache_warnings INTERFACE /W4 /permissive- /utf-8 $<$<BOOL:${CLIENT_CACHE_WERROR}>:/WX>)
else()
  target_compile_options(client_cache_warnings INTERFACE
    -Wall -Wextra -Wconversion -Wshadow
    $<$<BOOL:${CLIENT_CACHE_WERROR}>:-Werror>
    $<$<CXX_COMPILER_ID:Clang,AppleClang>:-Wthread-safety>)
endif()

# As CPython compiles itself. GCC 12 at -O3 confuses the two caches that a Store's variant keeps in one place: where both
# are used in one function, it reads the list of one by the type of the other, and a loop of evictions never ended.
# MSVC never assumes what this forbids.
function(without_strict_aliasing target)
  if(NOT MSVC)
    target_compile_options(${target} PRIVATE -fno-strict-aliasing)
  endif()
endfunction()

# An extension module shows its initialisation function, and nothing of the libraries linked into it.
function(show_module_alone target)
  if(APPLE)
    target_link_options(${target} PRIVATE -Wl,-exported_symbol,_PyInit_${target})
  elseif(NOT WIN32) # where nothing is shown that is not declared so
    target_link_options(${target} PRIVATE -Wl,--exclude-libs,ALL)
  endif()
endfunction()
