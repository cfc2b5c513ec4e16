// SPDX-License-Identifier: Apache-2.0
// Under test: spool::IntakeTable::read, spool::EpochId::parse.
// Property: a list is taken exactly when each of its lines is an instance, a space and a key, each in its one spelling;
// the table then knows each instance by the key of its last line, and nobody else. An epoch's id is written back as it
// was.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include <safeq/spool/epoch.hpp>
#include <safeq/spool/intakes.hpp>

using namespace safeq;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto id = spool::EpochId::parse(text)) require(id->text() == text);

    spool::IntakeTable table;
    const auto read = table.read(text);
    bool good = true;
    std::map<InstanceId, Bytes> known;
    for (std::size_t at = 0; at < text.size() && good;) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(at, end - at);
        at = end + 1;
        if (line.empty()) continue;
        // 36 characters, a space, and 32 bytes as 44 characters of base64.
        good = line.size() == 81 && line[36] == ' ';
        if (!good) break;
        const auto id = parse_id(line.substr(0, 36));
        const auto key = from_base64(line.substr(37));
        good = id && key && key->size() == 32;
        if (good) known[InstanceId{*id}] = *key;
    }
    require(read.has_value() == good);
    for (const auto& [id, key] : known) {
        const auto found = table.verifying_key(id);
        require(found && same_bytes(found->bytes, key));
    }
    require(!table.verifying_key(InstanceId{}) || known.contains(InstanceId{}));
    return 0;
}
