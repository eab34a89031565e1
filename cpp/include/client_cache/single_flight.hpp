// One creation for each key, however many threads ask for it.
//
// A *flight* is one attempt to create what belongs to one key. The thread that finds none under way leads one; whoever
// asks for the key meanwhile waits, and gets the same result. Where creations must not run side by side, a flight takes
// its *turn*. A thread that has the turn and asks for what waits for it leads that flight itself.
//
// Nobody waits longer than until a deadline: who has waited so long creates alone, without flight and turn.
//
// Complexity: O(flights under way), one a thread and level of nesting.
// Thread safety: all members, at any time, besides construction and destruction.
// Invariants: at most one flight for a key. Its result is stored before it leaves the table, in the step in which it
// ends. No lock is held while a step runs, or while anything is waited for or destroyed. A flight ends with the call
// that leads it, however that call ends.
// Does not: keep results, know a cache, or run steps on threads of its own.
#pragma once

#include <algorithm>
#include <concepts>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "client_cache/thread_annotations.hpp"
#include "client_cache/turn.hpp"
#include "client_cache/waiting.hpp"

namespace client_cache {

// What a caller gives: the steps of getting one key's result. Each may throw, which ends the call and shares nothing.
template <class S, class Key, class Result>
concept FlightSteps = requires(S steps, Result& result, const Result& shared, Waited waited, bool leading) {
  { steps.make_key() } -> std::convertible_to<Key>;
  { steps.use() } -> std::same_as<std::optional<Result>>;   // what is there, counted as a use
  { steps.find() } -> std::same_as<std::optional<Result>>;  // the same, not counted
  { steps.create() } -> std::same_as<Result>;               // in the turn; an error that is to be shared is a result
  steps.store(result);                                      // after the turn; may put another result in its place
  { steps.shares(shared) } -> std::same_as<bool>;           // whether those who waited take it, or try anew
  steps.refuse(waited);                                     // a circle: must throw
  steps.gave_up(waited, leading);                           // the deadline has passed; `leading` a flight meanwhile
};

template <class Key, class Result, Waiting W, class Equal>
class SingleFlight {
  using Lock = ScopedLock<typename W::Mutex>;

 public:
  // What is there under the key that `query` finds, or what one thread creates among all that ask for it now.
  template <class Query, FlightSteps<Key, Result> Steps>
  Result get_or_create(const Query& query, Steps& steps, Turn<W>* turn, Deadline until) {
    const ThreadId me = W::this_thread();
    while (true) {
      if (std::optional<Result> held = steps.use()) return *std::move(held);
      const auto mine = std::make_shared<Flight>(steps.make_key(), me);
      const auto flight = join(query, mine);
      const bool leads = flight == mine || (turn != nullptr && turn->is_owned_by(me) && flight->take_over(me));
      Led led = Led::by_another;
      if (leads) led = lead(flight, me, steps, turn, until);
      if (led == Led::by_another) {
        const Waited waited = flight->wait(me, until);
        if (waited.outcome == Wait::timed_out) {
          steps.gave_up(waited, false);
          return create_alone(steps, nullptr, until);
        }
        if (waited.outcome != Wait::ended) steps.refuse(waited);
        // Without a result its leader was interrupted, and somebody has to lead another.
        if (!flight->result || !steps.shares(*flight->result)) continue;
      }
      if (led != Led::and_created) static_cast<void>(steps.use());
      return *flight->result;
    }
  }

  // Creates for this caller alone, in the turn if there is one.
  template <class Steps>
  Result create_alone(Steps& steps, Turn<W>* turn, Deadline until) {
    std::optional<Result> result;
    {
      const TurnTaken taken(turn, W::this_thread(), until, steps, false);
      result.emplace(steps.create());
    }
    steps.store(*result);
    return *std::move(result);
  }

  // The keys that are being created, each as a copy.
  [[nodiscard]] std::vector<Key> keys() const {
    std::vector<Key> keys;
    const Lock lock(mutex_);
    for (const auto& flight : flights_) keys.push_back(flight->key);
    return keys;
  }

  // After a fork: whoever led a flight in the parent is not there.
  void forget() {
    std::vector<std::shared_ptr<Flight>> forgotten;  // outlives the lock
    const Lock lock(mutex_);
    forgotten = std::exchange(flights_, {});
  }

 private:
  enum class Led { by_another, and_found, and_created };

  class Flight : public Awaited<W> {
    using Base = Awaited<W>;
    using Base::graph;
    using Base::owner_;

   public:
    Flight(Key&& flight_key, ThreadId leader) : Base(leader), key(std::move(flight_key)) {}

    // Whether this thread is to create now: it leads, and nobody has begun.
    bool start(ThreadId me) {
      const Lock lock(graph().mutex);
      if (owner_ != me || started_) return false;
      return started_ = true;
    }

    // Makes this thread the leader of a flight whose leader has not begun.
    bool take_over(ThreadId me) {
      const Lock lock(graph().mutex);
      if (owner_ == kNobody || started_) return false;
      owner_ = me;
      return true;
    }

    // Ends it, if this thread leads it; the signals are to be set.
    std::optional<typename Base::Signals> end(ThreadId me) noexcept {
      const Lock lock(graph().mutex);
      if (owner_ != me) return std::nullopt;
      return this->disown();
    }

    using Base::wake;
    using typename Base::Signals;

    const Key key;
    std::optional<Result> result;  // written by its leader before it ends, read by the others after that

   private:
    bool started_ CLIENT_CACHE_GUARDED_BY(graph().mutex) = false;
  };

  // Ends the flight with its scope.
  class Landing {
   public:
    Landing(SingleFlight& flights, const std::shared_ptr<Flight>& flight, ThreadId me)
        : flights_(flights), flight_(flight), me_(me) {}
    ~Landing() {
      std::optional<typename Flight::Signals> signals;
      {
        const Lock lock(flights_.mutex_);
        signals = flight_->end(me_);
        if (signals) std::erase(flights_.flights_, flight_);
      }
      if (signals) Flight::wake(*signals);
    }
    Landing(const Landing&) = delete;
    Landing& operator=(const Landing&) = delete;

   private:
    SingleFlight& flights_;
    const std::shared_ptr<Flight>& flight_;
    ThreadId me_;
  };

  // Has the turn, if there is one and it came before the deadline, for its scope.
  class TurnTaken {
   public:
    template <class Steps>
    TurnTaken(Turn<W>* turn, ThreadId me, Deadline until, Steps& steps, bool leading) {
      if (turn == nullptr) return;
      const Waited waited = turn->take(me, until);
      if (waited.outcome == Wait::ended) {
        turn_ = turn;
      } else if (waited.outcome == Wait::timed_out) {
        steps.gave_up(waited, leading);
      } else {
        steps.refuse(waited);
      }
    }
    ~TurnTaken() {
      if (turn_ != nullptr) turn_->give_back();
    }
    TurnTaken(const TurnTaken&) = delete;
    TurnTaken& operator=(const TurnTaken&) = delete;

   private:
    Turn<W>* turn_ = nullptr;
  };

  // The flight of the key: `mine`, unless one was under way.
  template <class Query>
  std::shared_ptr<Flight> join(const Query& query, const std::shared_ptr<Flight>& mine) {
    const Lock lock(mutex_);
    for (const auto& flight : flights_) {
      if (Equal{}(flight->key, query)) return flight;
    }
    flights_.push_back(mine);
    return mine;
  }

  template <class Steps>
  Led lead(const std::shared_ptr<Flight>& flight, ThreadId me, Steps& steps, Turn<W>* turn, Deadline until) {
    const Landing landing(*this, flight, me);
    std::optional<Result> result;
    Led led = Led::and_found;
    {
      const TurnTaken taken(turn, me, until, steps, true);
      if (!flight->start(me)) return Led::by_another;
      result = steps.find();  // the flight before this one may have landed since this thread looked
      if (!result) {
        led = Led::and_created;
        result.emplace(steps.create());
      }
    }
    if (led == Led::and_created) steps.store(*result);
    flight->result = std::move(result);
    return led;
  }

  mutable AnnotatedMutex<typename W::Mutex> mutex_;
  std::vector<std::shared_ptr<Flight>> flights_ CLIENT_CACHE_GUARDED_BY(mutex_);
};

}  // namespace client_cache
