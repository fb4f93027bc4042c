#include "sim/agents/external_flow.h"

namespace delever::sim {
namespace {

constexpr uint32_t kSlice = 5;  // seconds

}  // namespace

void ExternalFlow::open(Field& field) {
  world_ = &field.world;
  stream_ = field.population << 22;
  for (const uint32_t b :
       (setup_.perpetual ? field.world.perpetuals : field.world.spots)[setup_.asset]) {
    if (field.venues[field.world.books[b].venue]->setup().name == setup_.venue)
      desk_.open(field, 0, {b}, std::abs(setup_.usd) * 1.5);
  }
}

void ExternalFlow::decide(size_t, const World& w, Outbox& out) {
  if (desk_.seats.empty() || w.now < setup_.from || w.now >= setup_.to) return;
  const Asset& asset = w.assets[setup_.asset];
  if (!(asset.price > 0)) return;
  const double fall = std::log(asset.start / asset.price);
  const double scale =
      std::exp(std::clamp((setup_.usd > 0 ? 1 : -1) * setup_.elasticity * fall, -3.0, 3.0));
  owed_ += setup_.usd * scale / (setup_.to - setup_.from).in_seconds();
  if (w.step % kSlice != stream_ % kSlice) return;
  const Book& book = w.books[desk_.seats[0].book];
  if (const auto o = taking(book, desk_.seats[0].account, owed_ / book.mid, 0.005)) {
    out.send(w, setup_.latency, stream_, book.venue, *o);
    owed_ -= (owed_ > 0 ? 1 : -1) * o->qty.approx() * book.mid;
  }
}

}  // namespace delever::sim
