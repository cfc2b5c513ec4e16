// SPDX-License-Identifier: Apache-2.0
#include "ipp/printer_attributes.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "ipp/media.hpp"
#include "ipp/text_rules.hpp"
#include "ipp/times.hpp"
#include "ipp/uri.hpp"

namespace safeq::ipp::detail {
namespace {

constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t short_text = 127;

class List final {
public:
    explicit List(Kind kind) noexcept : kind_{kind} {}

    List& add(std::string name, Value value) { return add(Attribute{std::move(name), std::move(value)}); }
    List& add(Attribute attribute) {
        if (!attribute.values.empty()) all_.push_back({kind_, std::move(attribute)});
        return *this;
    }
    /// "x-default" and "x-supported", the first of the supported ones being the default.
    List& choice(const std::string& name, const Attribute& supported) {
        if (supported.values.empty()) return *this;
        add(name + "-default", supported.values.front());
        return add(Attribute{name + "-supported", supported.values});
    }
    List& large(Attribute attribute) {
        all_.push_back({Kind::named_only, std::move(attribute)});
        return *this;
    }

    std::vector<KindAttribute> take() { return std::move(all_); }

private:
    Kind kind_;
    std::vector<KindAttribute> all_;
};

Value short_value(std::string_view text) { return Value::text(clean(text, Charset::unicode, short_text)); }

Attribute strings(std::string name, const std::vector<std::string>& values, Value (*make)(std::string_view)) {
    Attribute out;
    out.name = std::move(name);
    for (const std::string& value : values) out.values.push_back(make(value));
    return out;
}

bool color(const PrinterInfo& info) noexcept {
    return std::ranges::find(info.color_modes, "color") != info.color_modes.end();
}

std::vector<MediaSize> sizes(const PrinterInfo& info) {
    std::vector<MediaSize> out;
    for (const std::string& name : info.media)
        if (const auto size = media_size(name); size && std::ranges::find(out, *size) == out.end())
            out.push_back(*size);
    return out;
}

Attribute collections(std::string name, const std::vector<MediaSize>& sizes, Collection (*make)(MediaSize)) {
    Attribute out;
    out.name = std::move(name);
    for (const MediaSize size : sizes) out.values.push_back(Value::collection(make(size)));
    return out;
}

Attribute resolutions(const PrinterInfo& info) {
    Attribute out;
    for (const Resolution& r : info.resolutions) out.values.push_back(Value::resolution(r));
    return out;
}

std::string device_id(const PrinterInfo& info) {
    if (!info.device_id.empty()) return info.device_id;
    std::string model = info.make_and_model;
    std::ranges::replace_if(model, [](char c) { return c == ';' || c == ':' || c == ','; }, ' ');
    return fmt::format("MFG:safeq;MDL:{};CMD:PDF,PWGRaster,JPEG;", model);
}

std::string more_info(const PrinterInfo& info) {
    if (!info.more_info.empty() || info.uris.empty()) return info.more_info;
    const auto uri = parse_uri(info.uris.front().uri);
    return uri ? fmt::format("https://{}/", uri->authority) : std::string{};
}

void add_media(List& list, const PrinterInfo& info) {
    const std::vector<MediaSize> all = sizes(info);
    list.choice("media", keywords("", info.media)).add(keywords("media-ready", info.media));
    if (all.empty()) return;
    list.add("media-col-default", Value::collection(media_col(all.front())));
    list.add(
        keywords("media-col-supported", {"media-bottom-margin", "media-left-margin", "media-right-margin", "media-size",
                                         "media-size-name", "media-source", "media-top-margin", "media-type"}));
    list.add(collections("media-col-ready", all, media_col));
    list.large(collections("media-col-database", all, media_col));
    list.add(collections("media-size-supported", all, media_size_collection));
    for (const char* side : {"bottom", "left", "right", "top"})
        list.add(fmt::format("media-{}-margin-supported", side), Value::integer(media_margin));
    list.add("media-source-supported", Value::keyword(media_source));
    list.add("media-type-supported", Value::keyword(media_type));
}

void add_identity(List& list, const PrinterInfo& info) {
    Attribute uris{"printer-uri-supported", std::vector<Value>{}},
        authentication{"uri-authentication-supported", std::vector<Value>{}},
        security{"uri-security-supported", std::vector<Value>{}};
    for (const PrinterUri& way : info.uris) {
        uris.values.push_back(Value::uri(way.uri));
        authentication.values.push_back(Value::keyword(way.authentication));
        security.values.push_back(Value::keyword(way.security));
    }
    list.add(std::move(uris)).add(std::move(authentication)).add(std::move(security));
    list.add("printer-name", Value::name(clean(info.name, Charset::unicode, short_text)));
    list.add("printer-info", short_value(info.info));
    list.add("printer-location", short_value(info.location));
    list.add("printer-geo-location", info.geo_location.empty() ? Value::unknown() : Value::uri(info.geo_location));
    list.add("printer-organization", short_value(info.organization));
    list.add("printer-organizational-unit", short_value(info.organizational_unit));
    list.add("printer-make-and-model", short_value(info.make_and_model));
    list.add("printer-device-id", Value::text(device_id(info)));
    list.add("printer-more-info", Value::uri(more_info(info)));
    list.add(strings("printer-icons", info.icons, &Value::uri));
    list.add("printer-uuid", Value::uri("urn:uuid:" + info.uuid.text()));
}

void add_state(List& list, const PrinterInfo& info, Time now) {
    list.add("printer-state", Value::enumeration(static_cast<std::int32_t>(info.state)));
    list.add(keywords("printer-state-reasons",
                      info.state_reasons.empty() ? std::vector<std::string>{"none"} : info.state_reasons));
    list.add("printer-is-accepting-jobs", Value::boolean(info.accepting_jobs));
    list.add("queued-job-count", Value::integer(std::max(0, info.queued_jobs)));
    list.add("printer-up-time", Value::integer(std::max(1, up_time(now, info.started))));
    list.add("printer-current-time", Value::date_time(DateTime::from(now)));
    list.add("printer-state-change-time", Value::integer(up_time(info.state_changed, info.started)));
    list.add("printer-state-change-date-time", Value::date_time(DateTime::from(info.state_changed)));
    list.add("printer-config-change-time", Value::integer(up_time(info.config_changed, info.started)));
    list.add("printer-config-change-date-time", Value::date_time(DateTime::from(info.config_changed)));
}

void add_abilities(List& list, const PrinterInfo& info) {
    std::vector<std::int32_t> operations;
    for (const Operation operation : supported_operations) operations.push_back(static_cast<std::int32_t>(operation));
    list.add(enumerations("operations-supported", operations));
    list.add(keywords("ipp-versions-supported", {"1.1", "2.0"}));
    list.add("charset-configured", Value::charset("utf-8"));
    list.add("charset-supported", Value::charset("utf-8"));
    list.add("natural-language-configured", Value::natural_language("en"));
    list.add("generated-natural-language-supported", Value::natural_language("en"));
    const Attribute formats = strings("document-format-supported", info.formats, &Value::mime_media_type);
    if (!formats.values.empty()) list.add("document-format-default", formats.values.front());
    list.add(formats);
    list.add("compression-supported", Value::keyword("none"));
    list.add("pdl-override-supported", Value::keyword("not-attempted"));
    list.add("color-supported", Value::boolean(color(info)));
    list.add("pages-per-minute", Value::integer(info.pages_per_minute));
    if (color(info)) list.add("pages-per-minute-color", Value::integer(info.pages_per_minute));
    list.add("multiple-document-jobs-supported", Value::boolean(false));
    list.add("multiple-operation-time-out", Value::integer(std::max(1, info.multiple_operation_time_out_seconds)));
    list.add("multiple-operation-time-out-action", Value::keyword("abort-job"));
    list.add("job-ids-supported", Value::boolean(false));
    list.add("preferred-attributes-supported", Value::boolean(false));
    list.add("job-k-octets-supported", Value::range({0, most}));
    list.add("job-impressions-supported", Value::range({0, most}));
    list.add(keywords("printer-get-attributes-supported", {"document-format"}));
    list.add(keywords("which-jobs-supported", {"completed", "not-completed", "all", "pending", "pending-held",
                                               "processing", "processing-stopped", "canceled", "aborted"}));
    list.add(keywords("job-creation-attributes-supported", {"copies",
                                                            "document-format",
                                                            "document-name",
                                                            "finishings",
                                                            "ipp-attribute-fidelity",
                                                            "job-name",
                                                            "media",
                                                            "media-col",
                                                            "multiple-document-handling",
                                                            "number-up",
                                                            "orientation-requested",
                                                            "output-bin",
                                                            "page-ranges",
                                                            "print-color-mode",
                                                            "print-content-optimize",
                                                            "print-quality",
                                                            "print-rendering-intent",
                                                            "print-scaling",
                                                            "printer-resolution",
                                                            "sides"}));
    Attribute raster = resolutions(info);
    raster.name = "pwg-raster-document-resolution-supported";
    list.add(std::move(raster));
    list.add("pwg-raster-document-sheet-back", Value::keyword("normal"));
    std::vector<std::string> types{"black_1", "sgray_8"};
    if (color(info)) types.emplace_back("srgb_8");
    list.add(keywords("pwg-raster-document-type-supported", types));
}

}  // namespace

std::vector<KindAttribute> job_template_attributes(const PrinterInfo& info) {
    List list{Kind::job_template};
    list.add("copies-default", Value::integer(1))
        .add("copies-supported", Value::range({1, std::max(1, info.max_copies)}));
    list.choice("finishings", enumerations("", {3}));
    list.choice("job-sheets", keywords("", {"none"}));
    add_media(list, info);
    list.choice("multiple-document-handling", keywords("", {"single-document"}));
    list.choice("number-up", integers("", {1}));
    list.choice("orientation-requested", enumerations("", {3, 4, 5, 6}));
    list.choice("output-bin", keywords("", {"face-down"}));
    list.add("page-ranges-supported", Value::boolean(true));
    list.choice("print-color-mode", keywords("", info.color_modes));
    list.choice("print-content-optimize", keywords("", {"auto", "graphic", "photo", "text", "text-and-graphic"}));
    list.choice("print-quality", enumerations("", {4, 3, 5}));
    list.choice("print-rendering-intent",
                keywords("", {"auto", "perceptual", "relative", "relative-bpc", "saturation", "absolute"}));
    list.choice("print-scaling", keywords("", {"auto", "auto-fit", "fill", "fit", "none"}));
    list.choice("printer-resolution", resolutions(info));
    list.choice("sides", keywords("", info.sides));
    return list.take();
}

std::vector<KindAttribute> printer_attributes(const PrinterInfo& info, Time now) {
    List list{Kind::printer_description};
    add_identity(list, info);
    add_state(list, info, now);
    add_abilities(list, info);
    std::vector<KindAttribute> all = list.take();
    std::ranges::move(job_template_attributes(info), std::back_inserter(all));
    return all;
}

}  // namespace safeq::ipp::detail
