"""What the volume renderer does at every sample of a line of sight, in GLSL 1.20 for vispy."""

from __future__ import annotations

SURFACE, LABELS = "surface", "label bodies"

_SURFACE_BEFORE = """
        gl_FragColor = vec4(0.0);
        bool nothing_met = true;
        bool entering = true;  // the first sample that is not clipped away
"""

_SURFACE_IN_LOOP = """
        if (val > u_threshold) {
            vec3 outside = loc - step;
            vec3 inside = loc;
            float shade = 0.6;  // cut faces are flat
            if (!entering) {
                for (int halving = 0; halving < 5; halving++) {
                    vec3 middle = 0.5 * (outside + inside);
                    if (colorToVal($get_data(middle)) > u_threshold) {
                        inside = middle;
                    } else {
                        outside = middle;
                    }
                }
                vec3 reach = 1.0 / u_shape;
                vec3 dx = vec3(reach.x, 0.0, 0.0);
                vec3 dy = vec3(0.0, reach.y, 0.0);
                vec3 dz = vec3(0.0, 0.0, reach.z);
                vec3 slope = vec3(
                    colorToVal($get_data(inside + dx)) - colorToVal($get_data(inside - dx)),
                    colorToVal($get_data(inside + dy)) - colorToVal($get_data(inside - dy)),
                    colorToVal($get_data(inside + dz)) - colorToVal($get_data(inside - dz)));
                vec3 voxel = vec3(%(voxel)s);
                slope = slope / voxel;
                float steepness = length(slope);
                float facing = 1.0;
                if (steepness > 0.0) {
                    facing = abs(dot(slope / steepness, normalize(view_ray * voxel)));
                }
                shade = 0.2 + 0.65 * facing + 0.15 * pow(facing, 24.0);
            }
            vec4 plain = applyColormap(vec4(clim.x + shade * (clim.y - clim.x)));
            gl_FragColor = $tinted(inside, step, shade, plain);
            frag_depth_point = inside * u_shape;
            nothing_met = false;
            iter = nsteps;
        }
        entering = false;
"""

_AFTER = """
        if (nothing_met)
            discard;
"""

PLAIN = """
vec4 plain_surface(vec3 loc, vec3 step, float shade, vec4 plain) {
    return plain;
}
"""

# The surface lies between voxels: what is nearest may be a voxel without colour, the next ones have it.
TINTED = """
vec4 tinted_surface(vec3 loc, vec3 step, float shade, vec4 plain) {
    float index = 0.0;
    for (int ahead = 0; ahead < 5; ahead++) {
        if (index <= 0.0) {
            index = texture3D($tint, loc).r;
            loc += 0.5 * step;
        }
    }
    if (index <= 0.0) {
        return plain;
    }
    vec3 colour = texture2D($table, vec2((index * 255.0 + 0.5) / 256.0, 0.5)).rgb;
    return vec4(colour * min(1.0, 0.12 + 0.95 * shade), 1.0);
}
"""

LABEL_AT = """
float label_at(vec3 loc) {
    return texture3D($bodies, loc).r;
}
"""

LABEL_PAINT = """
vec4 label_paint(float index) {
    return texture2D($table, vec2((index * 255.0 + 0.5) / 256.0, 0.5));
}
"""

_LABELS_BEFORE = """
        gl_FragColor = vec4(0.0);
        vec3 gathered = vec3(0.0);
        float passing = 1.0;  // share of the light that what was met so far lets through
        float before = -1.0;
        bool nothing_met = true;
        bool entering = true;
"""

# Light from where a label begins. What counts as its inside is asked at all neighbours, near and farther,
# so that the steps between voxels do not show.
_LABELS_IN_LOOP = """
        float body = $label_at(loc);
        if (body != before) {
            vec4 colour = $label_paint(body);
            if (colour.a > 0.0) {
                vec3 inside = loc;
                float shade = 0.75;  // cut faces are flat
                if (!entering) {
                    vec3 outside = loc - step;
                    for (int halving = 0; halving < 4; halving++) {
                        vec3 middle = 0.5 * (outside + inside);
                        if ($label_at(middle) == body) {
                            inside = middle;
                        } else {
                            outside = middle;
                        }
                    }
                    vec3 slope = vec3(0.0);
                    for (int a = -1; a <= 1; a++) {
                        for (int b = -1; b <= 1; b++) {
                            for (int c = -1; c <= 1; c++) {
                                vec3 way = vec3(float(a), float(b), float(c));
                                vec3 reach = way / u_shape;
                                float same = float($label_at(inside + reach) == body)
                                    + float($label_at(inside + 2.0 * reach) == body);
                                slope += same * way;
                            }
                        }
                    }
                    vec3 voxel = vec3(%(voxel)s);
                    slope = slope / voxel;
                    float steepness = length(slope);
                    float facing = 1.0;
                    if (steepness > 0.0) {
                        facing = abs(dot(slope / steepness, normalize(view_ray * voxel)));
                    }
                    shade = 0.3 + 0.6 * facing + 0.1 * pow(facing, 24.0);
                }
                gathered += passing * colour.a * shade * colour.rgb;
                passing *= 1.0 - colour.a;
                if (nothing_met) {
                    frag_depth_point = inside * u_shape;
                    nothing_met = false;
                }
                if (passing < 0.02) {
                    iter = nsteps;
                }
            }
            before = body;
        }
        entering = false;
"""

_LABELS_AFTER = """
        if (nothing_met)
            discard;
        gl_FragColor = vec4(gathered / (1.0 - passing), 1.0 - passing);
"""


def methods(voxel: str) -> dict[str, dict[str, str]]:
    """Snippets of the methods; `voxel`: size of a voxel (x, y, z), largest 1, as numbers with commas."""
    return {
        SURFACE: {
            "before_loop": _SURFACE_BEFORE,
            "in_loop": _SURFACE_IN_LOOP % {"voxel": voxel},
            "after_loop": _AFTER,
        },
        LABELS: {
            "before_loop": _LABELS_BEFORE,
            "in_loop": _LABELS_IN_LOOP % {"voxel": voxel},
            "after_loop": _LABELS_AFTER,
        },
    }
