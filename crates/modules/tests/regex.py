"""Records regex.json beside it: what Python's re makes of patterns, texts and replacements. Run it by hand."""
import json, os, re
P=[
 (r'a$','ba\n'),(r'a$','ba\nx'),(r'(?m)a$','ba\nx'),(r'a\Z','ba\n'),(r'^b','a\nb'),(r'(?m)^b','a\nb'),
 (r'[[a]','x['),(r'[]a]+','x]a'),(r'[^]a]','a]b'),(r'[a&&b]+','a&b'),(r'[a~~b]+','a~b'),(r'[a--]+','--'),(r'[a-c\-]+','b-d'),
 (r'\<a','<a'),(r'a{','a{'),(r'{{x}}','{{x}}'),(r'a{,2}','aaa'),(r'a{2,}','aaa'),(r'a{}','a{}'),(r'a{x}','a{x}'),
 (r'(?P<k>\w+)=(?P<v>.*)','key=val x'),(r'(?P<q>["\']).*?(?P=q)','say "hi" x'),(r'(\w)\1','hello'),(r'(a)(b)?','ac'),
 (r'(?i)HELLO','say hello'),(r'(?i:H)ello','hello'),(r'(?i:h)ELLO','hello'),(r'(?s)a.b','a\nb'),(r'a.b','a\nb'),(r'(?x) a b # c','ab'),
 (r'(?<=a)b','ab'),(r'(?<!a)b','ab b'),(r'a(?=b)','acab'),(r'a(?!b)','abac'),(r'\bfoo\b','a foo b'),(r'\d+','x12'),(r'\s+','a \t b'),
 (r'x*','abxd'),(r'\b|:+','a::bc'),(r'','abc'),(r'a|b|','xab'),(r'(a)|(b)','ab'),(r'\w+','héllo wörld'),(r'[\w.-]+','a.b-c d'),
 (r'\.','a.b'),(r'\/','a/b'),(r'\x41','A'),(r'\101','A'),(r'[\101]','A'),(r'\u0041','A'),(r'a++b','aab'),(r'(?>a+)b','aab'),
 (r'(a)?(?(1)b|c)','ab'),(r'(a)?(?(1)b|c)','c'),(r'(?#note)a','a'),(r'\t','a\tb'),(r'#','a#'),(r' a','b a'),(r'-','a-b'),
 (r'^\s*#?\s*Port\s+\d+','#Port 22'),(r'^(.*)Xms(\d+)m(.*)$','-Xms512m x'),(r"[^'\"]+","it's"),(r'[\]]','a]'),(r'[\^a]','^'),(r'[a\]b]+','a]b'),
 (r'(?:ab)+','ababx'),(r'a*?b','aab'),(r'(a+)(b+)','aabb ab'),(r'$','a\n'),(r'(?m)$','a\nb\n'),(r'(?m)^','a\nb\n'),(r'[[:alpha:]]','a]'),
 (r'(','('),(r'a)','a)'),(r'[a','a'),(r'\h','h'),(r'a\\','a'),(r'*a','a'),(r'(?P<n','a'),(r'(?<n>a)','a'),(r'[z-a]','a'),(r'a(?i)b','ab'),(r'(?P=x)','a'),(r'\2(a)','a'),
 (r'\[(.*?)\]','x[1][2]'),(r'(\d+)\.(\d+)\.(\d+)','v1.22.333'),(r'é+','ééa'),(r'(?i)É','é'),(r'\W+','a é-b'),(r'[^\W\d]+','ab1'),(r'[\s,]+','a, b'),
 ('\\x1c|\\s','a\x1cb'),(r'(?a)\w+','aé'),(r'(?a:\w+)é','aé'),(r'[+-]?\d+','-5 +6 7'),(r'[%s]','%'),(r'a|','a'),
]
out=[]
for p,t in P:
    e={'pattern':p,'text':t}
    try:
        r=re.compile(p)
    except re.error as x:
        e['error']=str(x); out.append(e); continue
    def g(m): return None if m is None else [m.span(i) for i in range(r.groups+1)] and [m.group(i) for i in range(r.groups+1)]
    e['search']=g(r.search(t)); e['match']=g(r.match(t)); e['fullmatch']=g(r.fullmatch(t))
    fa=r.findall(t); e['findall']=[[x] if isinstance(x,str) else list(x) for x in fa]
    e['sub']=r.sub('-',t); e['sub1']=r.sub(r'<\g<0>>',t,count=1)
    e['split']=r.split(t)
    out.append(e)
R=[(r'(\w)(\d)',r'\2\1','a1'),(r'(?P<x>a)',r'[\g<x>]','a'),(r'a',r'\n','a'),(r'a',r'\\1','a'),(r'a',r'\.','a'),(r'a',r'\1','a'),(r'a',r'\q','a'),(r'a',r'\g<y>','a'),(r'(a)',r'\g<1>0','a'),(r'(a)',r'\10','a'),(r'a',r'\101','a'),(r'a',r'\0','a'),(r'a',r'\07x','a'),(r'(a)|b',r'[\1]','ab'),(r'a','$1','a'),(r'a','x\\','a'),(r'a',r'\g<0>\g<0>','a'),(r'a',r'\g','a'),(r'a',r'\g<','a'),(r'a','\\t\\r','a'),(r'^',r'# ','a\nb'),(r'(?m)^',r'# ','a\nb')]
reps=[]
for p,rep,t in R:
    e={'pattern':p,'replacement':rep,'text':t}
    try: e['sub']=re.sub(p,rep,t)
    except (re.error,IndexError) as x: e['error']=str(x)
    reps.append(e)
json.dump({'patterns':out,'replacements':reps},open(os.path.join(os.path.dirname(__file__), 'regex.json'), 'w'),ensure_ascii=False,indent=1)
