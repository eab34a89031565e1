// The contract between a cache and the order in which it gives entries up.
//
// A policy keeps an order over hooks, and nothing else: it never sees a key, a value, a capacity or a lock. The cache
// embeds one hook in each entry and says what happened to it. A hook stays where it is in memory from inserted() to
// erased(). Destroying or overwriting a policy forgets its hooks without touching them.
//
//   reserve()             makes room: the next inserted() or adopt() needs no memory. May throw; changes no order.
//   inserted(hook)        an entry was stored, which counts as its first use. reserve() came before.
//   hit(hook)             an entry was used. May throw for want of memory, and then has changed nothing.
//   erased(hook)          an entry left, evicted or not.
//   adopt(hook, original) for clone: `hook` joins as the last of the order, with the use history that `original` has in
//                         another policy of this type. Called in that policy's order, on a policy that knows adopted
//                         hooks only.
//   victim()              who is evicted next; null when there is none. last(): who is evicted last.
//   next(hook)            who is evicted after `hook`; null after the last. previous(hook): the other way.
//   check_invariants()    for tests: whether the policy's own structure is sound.
#pragma once

#include <concepts>
#include <type_traits>

namespace client_cache {

template <class P>
concept EvictionPolicy =
    std::is_nothrow_default_constructible_v<P> && std::is_nothrow_move_constructible_v<P> &&
    std::is_nothrow_move_assignable_v<P> && std::is_nothrow_default_constructible_v<typename P::Hook> &&
    requires(P policy, const P order, typename P::Hook& hook, const typename P::Hook& other) {
      policy.reserve();
      policy.hit(hook);
      { policy.inserted(hook) } noexcept;
      { policy.erased(hook) } noexcept;
      { policy.adopt(hook, other) } noexcept;
      { order.victim() } noexcept -> std::same_as<typename P::Hook*>;
      { order.last() } noexcept -> std::same_as<typename P::Hook*>;
      { order.next(other) } noexcept -> std::same_as<typename P::Hook*>;
      { order.previous(other) } noexcept -> std::same_as<typename P::Hook*>;
      { order.check_invariants() } noexcept -> std::same_as<bool>;
    };

}  // namespace client_cache
