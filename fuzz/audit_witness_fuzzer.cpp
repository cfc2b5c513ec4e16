// SPDX-License-Identifier: Apache-2.0
// Under test: audit::Witness::answer, audit::verify_cosignature.
// Property: every body gets one of the answers of tlog-witness; the store moves exactly when the answer is 200, and
// then to the checkpoint that was cosigned, which is never smaller than the one before. The log of the seeds has ten
// entries; that it can be witnessed at sizes 4 and 10 and no other way is what the fuzzer can't change without the key.
#include <cstdint>
#include <cstdlib>
#include <string>

#include <safeq/audit/witness.hpp>

using namespace safeq;
using namespace safeq::audit;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

class Store final : public WitnessStore {
public:
    Result<Witnessed> load(const std::string&) override { return last; }
    Result<void> replace(const std::string&, const Witnessed& from, const Witnessed& to) override {
        require(from == last && to.head.size >= from.head.size);
        last = to;
        return {};
    }
    Witnessed last;
};

struct World {
    crypto::SigningKey log_key = crypto::SigningKey::from_seed({});
    crypto::SigningKey witness_key = crypto::SigningKey::from_seed(*crypto::SigningSeed::from(Bytes(32, std::byte{1})));
    crypto::NoteKey log{"log.example/fuzz", log_key.verifying_key()};
    ManualClock clock{Time{std::chrono::hours{500'000}}};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static World world;
    Store store;
    Witness witness{{.name = "witness.example",
                     .key = world.witness_key,
                     .logs = {world.log},
                     .store = store,
                     .clock = world.clock}};
    // Bodies one after the other, with a zero byte between, so that the second meets what the first has left.
    std::string_view rest{reinterpret_cast<const char*>(data), size};
    for (int bodies = 0; bodies < 4; ++bodies) {
        const std::size_t end = rest.find('\0');
        const std::string_view body = rest.substr(0, end);
        const Witnessed before = store.last;
        const WitnessAnswer answer = witness.answer(body);
        switch (answer.status) {
            case 200: {
                const auto request = AddCheckpoint::parse(body);
                require(request.has_value());
                auto cosigned = SignedCheckpoint::open(request->checkpoint, world.log);
                require(cosigned && cosigned->checkpoint.head == store.last.head);
                require(store.last.head.size == 4 || store.last.head.size == 10);
                auto lines = parse_signatures(answer.body);
                require(lines && lines->size() == 1);
                cosigned->note.signatures = *lines;
                require(
                    verify_cosignature(*cosigned, {"witness.example", world.witness_key.verifying_key()}).has_value());
                break;
            }
            case 409:
                require(answer.content_type != "text/x.tlog.size" ||
                        answer.body == std::to_string(before.head.size) + "\n");
                [[fallthrough]];
            case 400:
            case 403:
            case 404:
            case 422: require(store.last == before); break;
            default: std::abort();
        }
        if (end == std::string_view::npos) break;
        rest.remove_prefix(end + 1);
    }
    return 0;
}
