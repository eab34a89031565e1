// The contract between a cache and the order in which it gives entries up.
//
// A policy keeps an order over entries' numbers, and nothing else: it never sees a key, a value, a capacity or a lock.
// The cache says what happened to an entry. Numbers are small, and are used again. kNone stands for nobody.
//
//   reserve(highest, most)
//                         makes room: inserted() or adopt() of a number up to `highest` needs no memory the next time.
//                         There are hardly to be numbers above `most`. May throw; changes no order.
//   inserted(number)      an entry was stored, which counts as its first use. reserve() came before.
//   hit(number)           an entry was used. May throw for want of memory, and then has changed nothing.
//   erased(number)        an entry left, evicted or not.
//   adopt(number, original, its_number)
//                         for clone: an entry joins as the last of the order, with the use history that `its_number`
//                         has in another policy of this type. Called in that policy's order, on a policy that knows
//                         adopted entries only.
//   victim()              who is evicted next; kNone when there is none. last(): who is evicted last.
//   next(number)          who is evicted after `number`; kNone after the last. previous(number): the other way.
//   check_invariants()    for tests: whether the policy's own structure is sound.
#pragma once

#include <concepts>
#include <type_traits>

#include "client_cache/number.hpp"

namespace client_cache {

template <class P>
concept EvictionPolicy = std::is_nothrow_default_constructible_v<P> && std::is_nothrow_move_constructible_v<P> &&
                         std::is_nothrow_move_assignable_v<P> && requires(P policy, const P order, Number number) {
                           policy.reserve(number, number);
                           policy.hit(number);
                           { policy.inserted(number) } noexcept;
                           { policy.erased(number) } noexcept;
                           { policy.adopt(number, order, number) } noexcept;
                           { order.victim() } noexcept -> std::same_as<Number>;
                           { order.last() } noexcept -> std::same_as<Number>;
                           { order.next(number) } noexcept -> std::same_as<Number>;
                           { order.previous(number) } noexcept -> std::same_as<Number>;
                           { order.check_invariants() } noexcept -> std::same_as<bool>;
                         };

}  // namespace client_cache
