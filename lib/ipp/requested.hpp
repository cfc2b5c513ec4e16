// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <safeq/ipp/attribute.hpp>

namespace safeq::ipp::detail {

/// The group of attributes that a client may ask for as a whole.
enum class Kind {
    printer_description,
    job_description,
    job_template,
    named_only,  ///< so large that it is given only when it is named
};

struct KindAttribute {
    Kind kind;
    Attribute attribute;
};

/// What "requested-attributes" asks for. *Source*: RFC 8011, 4.2.5.1.
class Requested final {
public:
    /// `attribute` may be null: then the defaults are wanted.
    Requested(const Attribute* attribute, std::initializer_list<std::string_view> defaults);

    [[nodiscard]] bool wants(Kind kind, std::string_view name) const;

    /// Those that are wanted, in their order; of two with one name the first.
    [[nodiscard]] Group pick(GroupTag tag, const std::vector<KindAttribute>& all) const;

private:
    std::set<std::string, std::less<>> names_;
};

}  // namespace safeq::ipp::detail
